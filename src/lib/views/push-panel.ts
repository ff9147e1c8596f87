import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { connections } from '../schema/connections.ts';
import { loadUserNames } from '../identity/actor.ts';
import { leads } from '../schema/leads.ts';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { providers } from '../connectors/registry.ts';
import { pushConflicts, pushEvents, pushes } from '../schema/pushes.ts';
import { listPushConnections } from '../outbound/push/request.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { onConnection, onLead, pushColumns, type PushRow } from './push-list.ts';
import type { Workspace } from './workspace.ts';

/** One step of a push, as its history shows it. */
export interface PushEvent {
  id: string;
  at: Date;
  attempt: number;
  step: string;
  outcome: 'ok' | 'failed' | 'note';
  method: string | null;
  path: string | null;
  status: number | null;
  message: string | null;
  ms: number | null;
  by: string | null;
  /** Masked bodies as text; null when there was none, or when they were not asked for. */
  request: string | null;
  response: string | null;
}

/**
 * A push with where its record is to be looked at, and how many of its fields wait for a person.
 */
export interface PushDetail extends PushRow {
  remoteUrl: string | null;
  openConflicts: number;
  /** Newest first. */
  events: PushEvent[];
}

/** One connected CRM on the panel of a lead. */
export interface PushPanelEntry {
  connectionId: string;
  system: string;
  /** Undefined: never asked for. */
  push: PushDetail | undefined;
}

export interface PushPanelView {
  leadId: string;
  /** None when the workspace writes leads nowhere, or this one may not be pushed. */
  entries: PushPanelEntry[];
}

/** Steps that a panel shows; the page of the push has them all. */
const maxPanelEvents = 6;
const maxPageEvents = 200;

/**
 * What the panel of a lead shows of its pushes: each connected CRM, with the push if it was ever
 * asked for.
 */
export async function getPushPanelView(
  { tenant }: Workspace,
  leadId: string,
): Promise<PushPanelView> {
  const targets = await listPushConnections(tenant.id);
  if (!isId(leadId)) return { leadId, entries: [] };
  return readTenant(tenant.id, async (tx) => {
    const [lead] = await tx
      .select({ connectionId: leads.connectionId, mirrorOf: leads.mirrorOf })
      .from(leads)
      .where(and(eq(leads.tenantId, tenant.id), eq(leads.id, leadId)));
    if (lead === undefined || lead.mirrorOf !== null) return { leadId, entries: [] };
    const rows = await tx
      .select({ ...pushColumns, ...linkColumns })
      .from(pushes)
      .innerJoin(leads, onLead)
      .innerJoin(connections, onConnection)
      .where(and(eq(pushes.tenantId, tenant.id), eq(pushes.leadId, leadId)));
    const known = new Map<string, PushDetail>();
    for (const row of rows)
      known.set(row.connectionId, await readDetail(tx, tenant.id, row, maxPanelEvents, false));
    const missing = targets
      .filter(({ id }) => id !== lead.connectionId && !known.has(id))
      .map(({ id, label }) => ({ connectionId: id, system: label, push: undefined }));
    const entries = [...known.values()].map((push) => ({
      connectionId: push.connectionId,
      system: push.system,
      push,
    }));
    return {
      leadId,
      entries:
        targets.length === 0
          ? []
          : [...entries, ...missing].toSorted((a, b) => a.system.localeCompare(b.system)),
    };
  });
}

/**
 * One push with its whole history. Throws Problem `not_found`: one of another tenant is as absent
 * as one that never was.
 */
export function getPushView({ tenant }: Workspace, id: string): Promise<PushDetail> {
  return readTenant(tenant.id, async (tx) => {
    const own = and(eq(pushes.tenantId, tenant.id), eq(pushes.id, id));
    const [row] = isId(id)
      ? await tx
          .select({ ...pushColumns, ...linkColumns })
          .from(pushes)
          .innerJoin(leads, onLead)
          .innerJoin(connections, onConnection)
          .where(own)
      : [];
    if (row === undefined)
      throw new Problem('not_found', 'There is no such push in this workspace.');
    return readDetail(tx, tenant.id, row, maxPageEvents, true);
  });
}

const linkColumns = { provider: connections.provider, settings: connections.settings };

async function readDetail(
  tx: Tx,
  tenantId: string,
  { provider, settings, ...row }: PushRow & { provider: string; settings: unknown },
  limit: number,
  withBodies: boolean,
): Promise<PushDetail> {
  const open = and(
    eq(pushConflicts.tenantId, tenantId),
    eq(pushConflicts.pushId, row.id),
    isNull(pushConflicts.resolvedAt),
  );
  const [conflicts] = await tx
    .select({ count: sql<number>`count(*)::int` })
    .from(pushConflicts)
    .where(open);
  const wherePush = and(eq(pushEvents.tenantId, tenantId), eq(pushEvents.pushId, row.id));
  const events = await tx
    .select()
    .from(pushEvents)
    .where(wherePush)
    .orderBy(desc(pushEvents.id))
    .limit(limit);
  const names = await loadUserNames(
    tx,
    events.map(({ actor }) => actor),
  );
  const formatBody = (body: unknown) =>
    withBodies && body !== null ? JSON.stringify(body, null, 2) : null;
  return {
    ...row,
    remoteUrl: buildRecordUrl(provider, settings, row.remoteId),
    openConflicts: conflicts?.count ?? 0,
    events: events.map(
      ({
        id,
        at,
        attempt,
        step,
        outcome,
        method,
        path,
        status,
        message,
        ms,
        actor,
        request,
        response,
      }) => ({
        id,
        at,
        attempt,
        step,
        outcome,
        method,
        path,
        status,
        message,
        ms,
        by: actor === null ? null : (names.get(actor) ?? 'Somebody who has left'),
        request: formatBody(request),
        response: formatBody(response),
      }),
    ),
  };
}

/** Where a person opens the lead in the CRM. */
function buildRecordUrl(
  provider: string,
  settings: unknown,
  remoteId: string | null,
): string | null {
  const definition = providers.find(({ key }) => key === provider);
  const parsed = definition?.settings.safeParse(settings);
  return remoteId === null || parsed?.success !== true
    ? null
    : (definition?.push?.recordUrl?.(parsed.data, remoteId) ?? null);
}
