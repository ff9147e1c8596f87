import { and, asc, desc, eq, inArray, sql } from 'drizzle-orm';
import { connections } from '../../schema/connections.ts';
import { leads } from '../../schema/leads.ts';
import { type pushStates } from '../../records/lead.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { whereDomain, requireDomain } from './request-leads.ts';
import { pushEvents, pushes } from '../../schema/pushes.ts';

type PushState = (typeof pushStates)[number];

const maxLeads = 100;
const maxEvents = 20;

/**
 * The pushes of all leads of a domain, with the newest events of each. Leads that were never pushed
 * have none.
 */
export async function getPushStatus(tenantId: string, text: string) {
  const domain = requireDomain(text);
  return readTenant(tenantId, async (tx) => {
    const found = await tx
      .select({ leadId: leads.id, name: leads.name })
      .from(leads)
      .where(whereDomain(tenantId, domain))
      .orderBy(asc(leads.id))
      .limit(maxLeads);
    const rows = await selectPushes(
      tx,
      tenantId,
      found.map(({ leadId }) => leadId),
    );
    const history = await selectNewestEvents(
      tx,
      tenantId,
      rows.map(({ pushId }) => pushId),
    );
    const shown = rows.map(({ leadId, ...push }) => ({
      leadId,
      push: {
        ...push,
        history: history
          .filter(({ pushId }) => pushId === push.pushId)
          .map(({ pushId: _of, ...event }) => event),
      },
    }));
    return {
      domain,
      leads: found.map((lead) => ({
        ...lead,
        pushes: shown.filter(({ leadId }) => leadId === lead.leadId).map(({ push }) => push),
      })),
    };
  });
}

/**
 * How many pushes are in each state, by connection. `oldest`: since when the oldest pending one has
 * been waiting.
 */
export async function countPushes(
  tenantId: string,
  connectionId?: string,
): Promise<
  {
    connectionId: string;
    connection: string;
    state: PushState;
    count: number;
    oldest: Date | null;
  }[]
> {
  const oldest =
    sql`min(case when ${pushes.state} = 'pending' then ${pushes.requestedAt} end)`.mapWith(
      pushes.requestedAt,
    );
  const own = and(
    eq(pushes.tenantId, tenantId),
    connectionId === undefined ? undefined : eq(pushes.connectionId, connectionId),
  );
  return readTenant(tenantId, (tx) =>
    tx
      .select({
        connectionId: pushes.connectionId,
        connection: connections.label,
        state: pushes.state,
        count: sql<number>`count(*)::int`,
        oldest,
      })
      .from(pushes)
      .innerJoin(
        connections,
        and(eq(connections.tenantId, pushes.tenantId), eq(connections.id, pushes.connectionId)),
      )
      .where(own)
      .groupBy(pushes.connectionId, connections.label, pushes.state)
      .orderBy(connections.label, pushes.state),
  );
}

async function selectPushes(tx: Tx, tenantId: string, leadIds: string[]) {
  if (leadIds.length === 0) return [];
  const {
    id: pushId,
    leadId,
    connectionId,
    state,
    attempts,
    requestedAt,
    lastAttemptAt,
    syncedAt,
    dueAt,
    remoteId,
    errorMessage: error,
  } = pushes;
  return tx
    .select({
      pushId,
      leadId,
      connectionId,
      connection: connections.label,
      state,
      attempts,
      requestedAt,
      lastAttemptAt,
      syncedAt,
      dueAt,
      remoteId,
      error,
    })
    .from(pushes)
    .innerJoin(
      connections,
      and(eq(connections.tenantId, pushes.tenantId), eq(connections.id, pushes.connectionId)),
    )
    .where(and(eq(pushes.tenantId, tenantId), inArray(leadId, leadIds)))
    .orderBy(asc(pushId));
}

async function selectNewestEvents(tx: Tx, tenantId: string, pushIds: string[]) {
  if (pushIds.length === 0) return [];
  const { pushId, id, at, attempt, step, outcome, message, method, path, status, ms } = pushEvents;
  const ranked = tx
    .select({
      id,
      pushId,
      at,
      attempt,
      step,
      outcome,
      message,
      method,
      path,
      status,
      ms,
      rank: sql<number>`row_number() over (partition by ${pushId} order by ${id} desc)`.as('rank'),
    })
    .from(pushEvents)
    .where(and(eq(pushEvents.tenantId, tenantId), inArray(pushId, pushIds)))
    .as('ranked');
  const rows = await tx
    .select()
    .from(ranked)
    .where(sql`${ranked.rank} <= ${maxEvents}`)
    .orderBy(ranked.pushId, desc(ranked.id));
  return rows.map(({ rank: _rank, id: _id, ...event }) => event);
}
