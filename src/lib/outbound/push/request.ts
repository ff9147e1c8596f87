import { and, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm';
import { listConnections } from '../../connections/connections.ts';
import { resolveFailedJobs } from '../../jobs/failed/store.ts';
import { leads } from '../../schema/leads.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId, newId } from '../../platform/id.ts';
import { getProvider } from '../../connectors/registry.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { enabledFeatures } from '../../identity/features.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { pushEvents, pushes } from '../../schema/pushes.ts';
import { enqueuePushes } from './enqueue.ts';

/** A connected system that takes leads. */
export interface PushConnection {
  id: string;
  label: string;
  provider: string;
}

export interface PushRequest {
  queued: number;
  /** Pushes that were requested before and still wait; they will send the newest values. */
  alreadyPending: number;
  refused: { leadId: string; reason: string }[];
  /** One entry for each accepted lead. */
  pushes: { id: string; leadId: string; wasPending: boolean }[];
}

/** Why a lead is refused that does not exist, or belongs to another workspace. */
export const unknownLead = 'There is no such lead in this workspace.';

/** The most pushes that one transaction requests. */
const chunkSize = 500;

/** The connections of a tenant that take leads, oldest first; none while the feature is off. */
export async function listPushConnections(tenantId: string): Promise<PushConnection[]> {
  if (!(await enabledFeatures(tenantId)).has('crm-push')) return [];
  const all = await listConnections(tenantId);
  return all
    .filter(
      ({ provider, status }) => status !== 'paused' && getProvider(provider).push !== undefined,
    )
    .map(({ id, label, provider }) => ({ id, label, provider }));
}

/**
 * The connection to push into: the one that is named, else the only one. Throws Problem with what
 * to do when there is none, or more than one.
 */
export async function requirePushConnection(
  tenantId: string,
  connectionId?: string,
  provider?: string,
): Promise<PushConnection> {
  if (!(await enabledFeatures(tenantId)).has('crm-push'))
    throw new Problem(
      'conflict',
      'Writing leads into a CRM is switched off in this workspace. An admin can switch it on ' +
        'under Settings, Features.',
    );
  const candidates = (await listPushConnections(tenantId)).filter(
    (candidate) => provider === undefined || candidate.provider === provider,
  );
  if (connectionId !== undefined) {
    const named = candidates.find(({ id }) => id === connectionId);
    if (named === undefined)
      throw new Problem(
        'not_found',
        'There is no such connection in this workspace that takes leads.',
      );
    return named;
  }
  const [only] = candidates;
  if (only === undefined)
    throw new Problem(
      'conflict',
      'No connected system takes leads. Connect a CRM first, for example Dynamics 365.',
    );
  if (candidates.length > 1)
    throw new Problem(
      'bad_request',
      'Several connected systems take leads. Name one of them: ' +
        `${candidates.map(({ id, label }) => `${id} (${label})`).join(', ')}.`,
    );
  return only;
}

/**
 * Requests that leads are written into a CRM. A lead that is waiting already is not queued twice;
 * one that is being sent is sent again afterwards, with the newest values. Unknown leads and copies
 * of pushed leads are refused, each with its reason. The request is recorded in the audit log unless
 * `isRecorded` says that a wider request of these leads was.
 */
export async function requestPushes(
  tenantId: string,
  { connectionId, leadIds }: { connectionId: string; leadIds: readonly string[] },
  by: string | null,
  { isRecorded = false } = {},
): Promise<PushRequest> {
  const { label } = await requirePushConnection(tenantId, connectionId);
  const result: PushRequest = { queued: 0, alreadyPending: 0, refused: [], pushes: [] };
  // In a fixed order, so that two requests for the same leads do not deadlock.
  const wanted = [...new Set(leadIds.map((id) => id.toLowerCase()))].toSorted();
  for (let at = 0; at < wanted.length; at += chunkSize) {
    const chunk = wanted.slice(at, at + chunkSize);
    const part = await retryInTenant(tenantId, async (tx) => {
      const requested = await requestChunk(tx, { tenantId, connectionId, by }, chunk);
      if (!isRecorded) await recordRequest(tx, { tenantId, label }, requested);
      return requested;
    });
    result.queued += part.queued;
    result.alreadyPending += part.alreadyPending;
    result.refused.push(...part.refused);
    result.pushes.push(...part.pushes);
  }
  if (result.pushes.length > 0) await enqueuePushes(tenantId, connectionId);
  return result;
}

/** One lead is the target of its event; of several, their number is kept. */
async function recordRequest(
  tx: Tx,
  { tenantId, label }: { tenantId: string; label: string },
  { pushes: accepted, alreadyPending }: PushRequest,
): Promise<void> {
  const [first] = accepted;
  if (first === undefined) return;
  await recordAudit(tx, {
    tenantId,
    action: 'push.requested',
    ...(accepted.length === 1 && { target: { type: 'lead', id: first.leadId } }),
    after: { system: label, leads: accepted.length, alreadyPending },
  });
}

interface ChunkRequest {
  tenantId: string;
  connectionId: string;
  by: string | null;
}

async function requestChunk(
  tx: Tx,
  request: ChunkRequest,
  leadIds: readonly string[],
): Promise<PushRequest> {
  const { accepted, refused } = await checkAdmissible(tx, request, leadIds);
  if (accepted.length === 0) return { queued: 0, alreadyPending: 0, refused, pushes: [] };
  const waiting = await selectWaiting(tx, request, accepted);
  const rows = await upsertPushes(tx, request, accepted);
  await tx.insert(pushEvents).values(
    rows.map(({ id }) => ({
      tenantId: request.tenantId,
      id: newId(),
      pushId: id,
      attempt: 0,
      step: 'requested',
      outcome: 'note' as const,
      actor: request.by,
    })),
  );
  await resolveFailedJobs(
    tx,
    request.tenantId,
    'push-leads',
    accepted.map((leadId) => `${request.connectionId}/${leadId}`),
    request.by,
  );
  return {
    queued: rows.length - waiting.size,
    alreadyPending: waiting.size,
    refused,
    pushes: rows.map((row) => ({ ...row, wasPending: waiting.has(row.leadId) })),
  };
}

async function checkAdmissible(
  tx: Tx,
  { tenantId, connectionId }: ChunkRequest,
  leadIds: readonly string[],
) {
  const ids = leadIds.filter(isId);
  const found =
    ids.length === 0
      ? []
      : await tx
          .select({ id: leads.id, mirrorOf: leads.mirrorOf, connectionId: leads.connectionId })
          .from(leads)
          .where(
            and(eq(leads.tenantId, tenantId), inArray(leads.id, ids), isNull(leads.deletedAt)),
          );
  const known = new Map(found.map((lead) => [lead.id, lead]));
  const findRefusal = (leadId: string): string | undefined => {
    const lead = known.get(leadId);
    if (lead === undefined) return unknownLead;
    if (lead.mirrorOf !== null)
      return 'This lead is a copy of a lead that was pushed. Push the original lead instead.';
    return lead.connectionId === connectionId
      ? 'This lead comes from this system, so it is there already.'
      : undefined;
  };
  const refused = leadIds.flatMap((leadId) => {
    const reason = findRefusal(leadId);
    return reason === undefined ? [] : [{ leadId, reason }];
  });
  return { accepted: leadIds.filter((leadId) => findRefusal(leadId) === undefined), refused };
}

async function selectWaiting(
  tx: Tx,
  { tenantId, connectionId }: ChunkRequest,
  leadIds: string[],
): Promise<Set<string>> {
  const own = and(
    eq(pushes.tenantId, tenantId),
    eq(pushes.connectionId, connectionId),
    inArray(pushes.leadId, leadIds),
  );
  const rows = await tx
    .select({ leadId: pushes.leadId })
    .from(pushes)
    .where(and(own, eq(pushes.state, 'pending'), isNotNull(pushes.dueAt)));
  return new Set(rows.map(({ leadId }) => leadId));
}

/**
 * Inserts the pushes, or requests existing ones again. A push that a worker holds keeps its lease;
 * the worker sees by `requested_at` that it has to be sent again.
 */
async function upsertPushes(
  tx: Tx,
  { tenantId, connectionId, by }: ChunkRequest,
  leadIds: string[],
): Promise<{ id: string; leadId: string }[]> {
  const rows = await tx
    .insert(pushes)
    .values(
      leadIds.map((leadId) => ({
        tenantId,
        id: newId(),
        connectionId,
        leadId,
        state: 'pending' as const,
        requestedBy: by,
        requestedAt: sql`clock_timestamp()`,
        dueAt: sql`now()`,
      })),
    )
    .onConflictDoUpdate({
      target: [pushes.tenantId, pushes.connectionId, pushes.leadId],
      set: {
        state: 'pending',
        requestedBy: by,
        requestedAt: sql`clock_timestamp()`,
        attempts: 0,
        errorKind: null,
        errorMessage: null,
        updatedAt: sql`now()`,
        dueAt: sql`case when ${pushes.leaseUntil} > now() then ${pushes.dueAt} else now() end`,
      },
    })
    .returning({ id: pushes.id, leadId: pushes.leadId });
  await tx
    .update(leads)
    .set({ pushState: 'pending' })
    .where(and(eq(leads.tenantId, tenantId), inArray(leads.id, leadIds)));
  return rows;
}
