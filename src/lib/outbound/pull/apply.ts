import { and, eq, isNull, sql } from 'drizzle-orm';
import { leads } from '../../schema/leads.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import { applyLeadChange } from '../../ingest/apply.ts';
import { recordConflicts, wholeRecordField, type FieldConflict } from '../conflicts.ts';
import { hashPushedCopy } from '../../ingest/pushed-copies.ts';
import { pushConflicts, pushEvents, pushes, pushPulls } from '../../schema/pushes.ts';
import { changeLead, lockLead, lockStreams } from './change-lead.ts';
import type { PullResult } from './compare.ts';
import {
  compareCandidate,
  isCopyCurrent,
  isLeased,
  findCopiedLead,
  readPullCandidates,
  type Copy,
  type PullContext,
  type PendingPull,
  type ConnectionKey,
  type PushRow,
  type PullCandidate,
} from './pending.ts';

/** What the other side of a conflict over the whole record says when it was deleted there. */
export const remotelyDeleted = 'deleted';

/** What became of a mark. */
export type PullOutcome = 'waits' | 'nothing' | 'pulled' | 'due' | 'conflict';

/**
 * Draws the consequences of one mark, and takes the mark away, in the transaction of the caller. It
 * holds the streams of the lead and of its copy, then the push, then the lead, as everything that
 * writes several of them does.
 */
export async function applyPendingPull(
  tx: Tx,
  key: ConnectionKey,
  context: PullContext,
  pendingPull: PendingPull,
  timeZone: string,
): Promise<PullOutcome> {
  const initial = (await readPullCandidates(tx, key, [pendingPull.leadId])).get(pendingPull.leadId);
  if (initial === undefined) return 'nothing';
  await lockStreams(
    tx,
    key.tenantId,
    [initial.lead, initial.copy].filter((row) => row !== undefined),
  );
  await tx
    .select({ id: pushes.id })
    .from(pushes)
    .where(
      and(
        eq(pushes.tenantId, key.tenantId),
        eq(pushes.connectionId, key.connectionId),
        eq(pushes.leadId, pendingPull.leadId),
      ),
    )
    .for('update');
  await lockLead(tx, key.tenantId, pendingPull.leadId);
  const candidate =
    (await readPullCandidates(tx, key, [pendingPull.leadId])).get(pendingPull.leadId) ?? initial;
  if (candidate.push !== undefined && isLeased(candidate.push)) return 'waits';
  await updatePushedCopies(tx, key, candidate, pendingPull.leadId);
  if (!isCopyCurrent(candidate)) return 'waits';
  // What was marked again since is about what is read here: the streams are held.
  await tx
    .delete(pushPulls)
    .where(
      and(
        eq(pushPulls.tenantId, key.tenantId),
        eq(pushPulls.connectionId, key.connectionId),
        eq(pushPulls.leadId, pendingPull.leadId),
      ),
    );
  return candidate.push === undefined
    ? 'nothing'
    : applyPull(tx, context, candidate, candidate.push, timeZone);
}

async function applyPull(
  tx: Tx,
  context: PullContext,
  candidate: PullCandidate,
  push: PushRow,
  timeZone: string,
): Promise<PullOutcome> {
  const { copy, lead } = candidate;
  if (copy === undefined || lead === undefined || lead.deletedAt !== null || push.base === null)
    return 'nothing';
  const open = await selectOpenConflicts(tx, push);
  if (copy.deletedAt !== null)
    return markConflict(
      tx,
      push,
      [
        ...open.filter(({ field }) => field !== wholeRecordField),
        { field: wholeRecordField, ours: 'open', theirs: remotelyDeleted, base: undefined },
      ],
      'The record was deleted there.',
    );
  const pulled = compareCandidate(context, candidate);
  if (pulled === undefined) return 'nothing';
  await changeLead(tx, lead, pulled.values, {
    connectionId: push.connectionId,
    by: null,
    timeZone,
  });
  if (Object.keys(pulled.agreed).length > 0) await updateBase(tx, push, pulled.agreed);
  if (pulled.taken.length > 0)
    await addPushNote(
      tx,
      push,
      'pulled',
      `Taken over from there: ${formatLabels(context, pulled.taken)}.`,
    );
  // What this copy does not speak of stays open; a record that is there again is not deleted any
  // more.
  const others = open.filter(({ field, theirs }) =>
    field === wholeRecordField ? theirs !== remotelyDeleted : !pulled.compared.includes(field),
  );
  const conflicts = [...others, ...pulled.conflicts];
  if (conflicts.length > 0)
    return markConflict(
      tx,
      push,
      conflicts,
      `Both sides changed: ${formatLabels(
        context,
        conflicts.map(({ field }) => field),
      )}.`,
    );
  return finishWithoutConflict(tx, push, pulled);
}

/** Open conflicts that the CRM has taken back are closed; what is ours is sent then, or again. */
async function finishWithoutConflict(
  tx: Tx,
  push: PushRow,
  pulled: PullResult,
): Promise<PullOutcome> {
  const wasOpen = push.state === 'conflict';
  if (wasOpen) await recordConflicts(tx, push, []);
  if (wasOpen || (pulled.sent.length > 0 && push.state === 'synced')) {
    await makePushDue(tx, push);
    return 'due';
  }
  return pulled.taken.length > 0 ? 'pulled' : 'nothing';
}

async function markConflict(
  tx: Tx,
  push: PushRow,
  conflicts: readonly FieldConflict[],
  message: string,
): Promise<PullOutcome> {
  const open = await selectOpenConflicts(tx, push);
  const isSignificant = conflicts.some(({ field }) => !open.some((one) => one.field === field));
  await recordConflicts(tx, push, conflicts);
  if (isSignificant) await addPushNote(tx, push, 'conflict', message);
  await tx
    .update(pushes)
    .set({
      state: 'conflict',
      dueAt: null,
      errorKind: 'conflict',
      errorMessage: message,
      ...(isSignificant && { updatedAt: sql`now()` }),
    })
    .where(wherePush(push));
  await updateLeadPushState(tx, push, 'conflict');
  return 'conflict';
}

/** The copies of a lead: only those of a push that stands are hidden. */
async function updatePushedCopies(
  tx: Tx,
  { tenantId, connectionId }: ConnectionKey,
  candidate: PullCandidate,
  leadId: string,
): Promise<void> {
  const wanted = findCopiedLead(candidate);
  const { copy } = candidate;
  // Without a push nothing tells which record it was but the rows themselves.
  const rows =
    candidate.push !== undefined
      ? copy === undefined
        ? []
        : [copy]
      : await tx
          .select()
          .from(leads)
          .where(
            and(
              eq(leads.tenantId, tenantId),
              eq(leads.connectionId, connectionId),
              eq(leads.mirrorOf, leadId),
            ),
          );
  for (const row of rows) if (row.mirrorOf !== wanted) await updatePushedCopy(tx, row, wanted);
}

async function updatePushedCopy(tx: Tx, before: Copy, mirrorOf: string | null): Promise<void> {
  const contentHash = hashPushedCopy(before.contentHash, inferClaim(before, mirrorOf), mirrorOf);
  await applyLeadChange(tx, before, { mirrorOf, contentHash });
}

/** What the item said of itself, as far as the digest of its row tells. */
function inferClaim({ contentHash, mirrorOf }: Copy, wanted: string | null): string | null {
  if (hashPushedCopy(contentHash, mirrorOf, mirrorOf) === contentHash) return mirrorOf;
  return mirrorOf === null ? wanted : null;
}

/**
 * Asks for a push once more, with its conflicts decided or what the CRM wrote over, although ours
 * is as it was sent last. The caller wakes the workers.
 */
export async function makePushDue(tx: Tx, push: PushRow): Promise<void> {
  await tx
    .update(pushes)
    .set({
      state: 'pending',
      requestedAt: sql`clock_timestamp()`,
      dueAt: sql`now()`,
      attempts: 0,
      payloadHash: null,
      errorKind: null,
      errorMessage: null,
      updatedAt: sql`now()`,
    })
    .where(wherePush(push));
  await updateLeadPushState(tx, push, 'pending');
}

/** Notes on what both sides agree now. */
export async function updateBase(
  tx: Tx,
  push: PushRow,
  agreed: Record<string, unknown>,
): Promise<void> {
  await tx
    .update(pushes)
    .set({
      base: sql`coalesce(${pushes.base}, '{}'::jsonb) || ${JSON.stringify(agreed)}::jsonb`,
      updatedAt: sql`now()`,
    })
    .where(wherePush(push));
}

export async function addPushNote(
  tx: Tx,
  push: PushRow,
  step: string,
  message: string,
  actor: string | null = null,
): Promise<void> {
  await tx.insert(pushEvents).values({
    tenantId: push.tenantId,
    id: newId(),
    pushId: push.id,
    attempt: push.attempts,
    step,
    outcome: 'note',
    message,
    actor,
  });
}

/** The lead shows the push that was asked for last, should there be several. */
export async function updateLeadPushState(
  tx: Tx,
  { tenantId, id, leadId, requestedAt }: PushRow,
  state: PushRow['state'] | null,
): Promise<void> {
  const newer = sql`not exists (select 1 from ${pushes} as other where other.tenant_id = ${tenantId} and other.lead_id = ${leadId} and other.id <> ${id} and other.requested_at > ${requestedAt.toISOString()}::timestamptz + interval '1 millisecond')`;
  await tx
    .update(leads)
    .set({ pushState: state })
    .where(
      and(
        eq(leads.tenantId, tenantId),
        eq(leads.id, leadId),
        sql`${leads.pushState} is distinct from ${state}`,
        newer,
      ),
    );
}

async function selectOpenConflicts(tx: Tx, push: PushRow): Promise<FieldConflict[]> {
  const { field, ours, theirs, base } = pushConflicts;
  const rows = await tx
    .select({ field, ours, theirs, base })
    .from(pushConflicts)
    .where(
      and(
        eq(pushConflicts.tenantId, push.tenantId),
        eq(pushConflicts.pushId, push.id),
        isNull(pushConflicts.resolvedAt),
      ),
    );
  return rows.map((row) => ({ ...row, base: row.base ?? undefined }));
}

function formatLabels({ metadata }: PullContext, fields: readonly string[]): string {
  return fields
    .map((field) => metadata.tables.lead.fields.find(({ name }) => name === field)?.label ?? field)
    .join(', ');
}

export const wherePush = ({ tenantId, id }: Pick<PushRow, 'tenantId' | 'id'>) =>
  and(eq(pushes.tenantId, tenantId), eq(pushes.id, id));
