import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { leads } from '../../schema/leads.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { compileRows, type CompiledRow } from '../../mappings/compile-rows.ts';
import { selectMapping } from '../../mappings/store.ts';
import { selectTargetMetadata } from '../../mappings/destination-fields.ts';
import { streamStates } from '../../schema/sync.ts';
import { buildPlan } from '../../mappings/plan.ts';
import { pushes, pushPulls } from '../../schema/pushes.ts';
import { readLeadValues, type LeadValues } from '../../mappings/lead-values.ts';
import { getProvider } from '../../connectors/registry.ts';
import type { TargetMetadata } from '../../connectors/contract/destination.ts';
import type { LeadRow } from '../../entities/definition.ts';
import { compareCopy, isEcho, type PullResult } from './compare.ts';

export interface ConnectionKey {
  tenantId: string;
  connectionId: string;
}

export type PushRow = typeof pushes.$inferSelect;
/** The copy of a lead in the CRM, with the item that it was made of. */
export type Copy = typeof leads.$inferSelect;

export interface PendingPull {
  leadId: string;
  /**
   * As the database keeps it, to the microsecond: a later one means that something changed again.
   */
  markedAt: string;
}

/** What a comparison with the CRM needs: the mapping, and the CRM's fields. */
export interface PullContext {
  mapping: readonly CompiledRow[];
  metadata: TargetMetadata;
}

/** Undefined while the CRM's fields were never read: then nothing was pushed either. */
export async function readPullContext(
  tx: Tx,
  { tenantId, connectionId }: ConnectionKey,
): Promise<PullContext | undefined> {
  const targets = await selectTargetMetadata(tx, tenantId, connectionId);
  if (targets === undefined) return undefined;
  const { fields } = await selectMapping(tx, tenantId, connectionId);
  return { mapping: await compileRows(fields), metadata: targets.metadata };
}

/** The next pending pulls, in the order of lead ids, after a lead's id. */
export function readPendingPulls(
  tx: Tx,
  { tenantId, connectionId }: ConnectionKey,
  after: string | undefined,
  limit: number,
): Promise<PendingPull[]> {
  const behind = after === undefined ? undefined : gt(pushPulls.leadId, after);
  return tx
    .select({ leadId: pushPulls.leadId, markedAt: sql<string>`${pushPulls.markedAt}::text` })
    .from(pushPulls)
    .where(and(whereConnection(tenantId, connectionId), behind))
    .orderBy(asc(pushPulls.leadId))
    .limit(limit);
}

/** Deletes pending pulls, except those that were recorded again since they were read. */
export async function deletePendingPulls(
  tx: Tx,
  { tenantId, connectionId }: ConnectionKey,
  pendingPulls: readonly PendingPull[],
): Promise<void> {
  if (pendingPulls.length === 0) return;
  const [ids, times] = [
    pendingPulls.map(({ leadId }) => leadId),
    pendingPulls.map(({ markedAt }) => markedAt),
  ];
  const read = sql`(lead_id, marked_at) in (select *
    from unnest(${sql.param(ids)}::uuid[], ${sql.param(times)}::timestamptz[]))`;
  await tx.delete(pushPulls).where(and(whereConnection(tenantId, connectionId), read));
}

/** Everything that a pending pull is about, in its current state. */
export interface PullCandidate {
  push: PushRow | undefined;
  copy: Copy | undefined;
  lead: LeadRow | undefined;
  /** Undefined when the lead was deleted. */
  values: LeadValues | undefined;
  /** When the last complete pass over the copy's stream began: the copy is at least as fresh. */
  freshAt: Date | null;
}

/** Reads the candidates of pending pulls, with the same few queries for any number of them. */
export async function readPullCandidates(
  tx: Tx,
  key: ConnectionKey,
  leadIds: readonly string[],
): Promise<Map<string, PullCandidate>> {
  const { tenantId, connectionId } = key;
  const rows = await tx
    .select()
    .from(pushes)
    .where(
      and(
        eq(pushes.tenantId, tenantId),
        eq(pushes.connectionId, connectionId),
        inArray(pushes.leadId, [...leadIds]),
      ),
    );
  const remoteIds = rows.flatMap(({ remoteId }) => remoteId ?? []);
  const copies =
    remoteIds.length === 0
      ? []
      : await tx
          .select()
          .from(leads)
          .where(
            and(
              eq(leads.tenantId, tenantId),
              eq(leads.connectionId, connectionId),
              inArray(leads.externalId, remoteIds),
            ),
          );
  const own = await tx
    .select()
    .from(leads)
    .where(and(eq(leads.tenantId, tenantId), inArray(leads.id, [...leadIds])));
  const values = await readLeadValues(tx, tenantId, leadIds);
  const freshness = await readFreshness(
    tx,
    key,
    copies.map(({ stream }) => stream),
  );
  return new Map(
    leadIds.map((leadId) => {
      const push = rows.find((row) => row.leadId === leadId);
      const copy = copies.find(
        ({ externalId, id }) => push !== undefined && externalId === push.remoteId && id !== leadId,
      );
      return [
        leadId,
        {
          push,
          copy,
          lead: own.find(({ id }) => id === leadId),
          values: values.get(leadId),
          freshAt: freshness.get(copy?.stream ?? '') ?? null,
        },
      ];
    }),
  );
}

async function readFreshness(
  tx: Tx,
  { tenantId, connectionId }: ConnectionKey,
  streams: readonly string[],
): Promise<Map<string, Date | null>> {
  if (streams.length === 0) return new Map();
  const { stream, freshAt } = streamStates;
  const some = and(
    eq(streamStates.tenantId, tenantId),
    eq(streamStates.connectionId, connectionId),
    inArray(stream, [...new Set(streams)]),
  );
  return new Map(
    (await tx.select({ stream, freshAt }).from(streamStates).where(some)).map((row) => [
      row.stream,
      row.freshAt,
    ]),
  );
}

/**
 * Whether the copy was read after our last write. A page that was fetched before it may hold the
 * old values, which must not be taken for a change. The write itself makes the CRM list the copy
 * again, so a newer copy follows.
 */
export const isCopyCurrent = ({ push, freshAt }: PullCandidate): boolean =>
  push === undefined || (freshAt !== null && freshAt > push.updatedAt);

/**
 * Compares the copy with the lead. Undefined when there is nothing to compare: no copy, or no
 * values that both sides ever agreed on.
 */
export function compareCandidate(
  { mapping, metadata }: PullContext,
  { push, copy, lead, values }: PullCandidate,
): PullResult | undefined {
  const base = push?.base ?? null;
  if (
    base === null ||
    copy === undefined ||
    copy.deletedAt !== null ||
    lead === undefined ||
    values === undefined
  )
    return undefined;
  const plan = buildPlan(mapping, values.values, metadata);
  const { toFields } = getProvider(copy.provider).push ?? {};
  const item = toFields?.(copy.rawJson) ?? (copy.rawJson as Record<string, unknown>);
  return compareCopy({
    mapping,
    metadata,
    item,
    base,
    plan,
    lead,
    oursChangedAt: values.changedAt,
    theirsChangedAt: copy.sourceUpdatedAt,
  });
}

/** The lead that the copy belongs to; null when that lead was deleted or is a copy itself. */
export function findCopiedLead({ push, lead }: PullCandidate): string | null {
  return push === undefined ||
    lead === undefined ||
    lead.deletedAt !== null ||
    lead.mirrorOf !== null
    ? null
    : lead.id;
}

/**
 * Whether a pending pull has nothing to do: the copy is marked as one, and its values are those
 * that both sides agreed on.
 */
export function isNoOp(context: PullContext, candidate: PullCandidate): boolean {
  const { push, copy } = candidate;
  if (push === undefined || isLeased(push)) return false;
  if (copy === undefined) return true;
  if (copy.deletedAt !== null || copy.mirrorOf !== findCopiedLead(candidate)) return false;
  const pulled = compareCandidate(context, candidate);
  return pulled === undefined || (isEcho(pulled) && push.state !== 'conflict');
}

/** Whether a worker is sending the push: then the agreed values are about to change. */
export const isLeased = ({ leaseUntil }: Pick<PushRow, 'leaseUntil'>): boolean =>
  leaseUntil !== null && leaseUntil > new Date();

const whereConnection = (tenantId: string, connectionId: string) =>
  and(eq(pushPulls.tenantId, tenantId), eq(pushPulls.connectionId, connectionId));
