import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import { leads } from '../../schema/leads.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { selectMapping, type Mapping } from '../../mappings/store.ts';
import { selectTargetMetadata } from '../../mappings/destination-fields.ts';
import { streamStates } from '../../schema/sync.ts';
import { buildPlan } from '../../mappings/plan.ts';
import { pushes, pushPulls } from '../../schema/pushes.ts';
import { readLeadValues, type LeadValues } from '../../mappings/lead-values.ts';
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

/**
 * The mapping and what the CRM says of its fields; undefined while it was never asked, when nothing
 * was pushed either.
 */
export interface PullContext {
  mapping: Mapping;
  metadata: TargetMetadata;
}

export async function readPullContext(
  tx: Tx,
  { tenantId, connectionId }: ConnectionKey,
): Promise<PullContext | undefined> {
  const targets = await selectTargetMetadata(tx, tenantId, connectionId);
  return targets === undefined
    ? undefined
    : { mapping: await selectMapping(tx, tenantId, connectionId), metadata: targets.metadata };
}

/** The next marks behind a lead's id. */
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

/** Takes marks away, as long as nothing changed since they were read. */
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

/** All that a mark is about, as it stands. */
export interface PullCandidate {
  push: PushRow | undefined;
  copy: Copy | undefined;
  lead: LeadRow | undefined;
  /** Undefined for a lead that is gone. */
  values: LeadValues | undefined;
  /** When the last complete pass over the copy's stream began: the copy is at least as fresh. */
  freshAt: Date | null;
}

/** What some marks are about, in a few queries however many they are. */
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
 * Whether the copy was read after our last write: a page that was on its way meanwhile may hold
 * what stood there before, and that must not be taken for a change. Our write itself brings the
 * newer copy along.
 */
export const isCopyCurrent = ({ push, freshAt }: PullCandidate): boolean =>
  push === undefined || (freshAt !== null && freshAt > push.updatedAt);

/**
 * What the copy brings; undefined when there is nothing to compare: no copy, or nothing that both
 * sides ever agreed on.
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
  const plan = buildPlan(mapping.fields, values.values, metadata);
  const item = copy.rawJson as Record<string, unknown>;
  return compareCopy({
    mapping: mapping.fields,
    metadata,
    item,
    base,
    plan,
    lead,
    oursChangedAt: values.changedAt,
    theirsChangedAt: copy.sourceUpdatedAt,
  });
}

/**
 * Which lead the copy is to be the mirror of: none when the lead is gone, or is a mirror itself.
 */
export function findCopiedLead({ push, lead }: PullCandidate): string | null {
  return push === undefined ||
    lead === undefined ||
    lead.deletedAt !== null ||
    lead.mirrorOf !== null
    ? null
    : lead.id;
}

/**
 * Whether a mark asks for nothing: the copy is in its place, and says what both sides agreed on.
 */
export function isNoOp(context: PullContext, candidate: PullCandidate): boolean {
  const { push, copy } = candidate;
  if (push === undefined || isLeased(push)) return false;
  if (copy === undefined) return true;
  if (copy.deletedAt !== null || copy.mirrorOf !== findCopiedLead(candidate)) return false;
  const pulled = compareCandidate(context, candidate);
  return pulled === undefined || (isEcho(pulled) && push.state !== 'conflict');
}

/** A worker is sending it right now: what both sides agree on is about to change. */
export const isLeased = ({ leaseUntil }: Pick<PushRow, 'leaseUntil'>): boolean =>
  leaseUntil !== null && leaseUntil > new Date();

const whereConnection = (tenantId: string, connectionId: string) =>
  and(eq(pushPulls.tenantId, tenantId), eq(pushPulls.connectionId, connectionId));
