import { and, eq, sql } from 'drizzle-orm';
import { findTargetField } from '../../mappings/target-fields.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { pushes, pushPulls } from '../../schema/pushes.ts';
import {
  recordConflicts,
  remotelyDeleted,
  selectOpenConflicts,
  wholeRecordField,
  type ConflictRow,
  type FieldConflict,
} from '../conflicts.ts';
import { changeLead, lockLead, lockStreams } from './change-lead.ts';
import type { PullResult } from './compare.ts';
import { updatePushedCopies } from './copies.ts';
import {
  compareCandidate,
  isCopyCurrent,
  isLeased,
  readPullCandidates,
  type PullContext,
  type PendingPull,
  type ConnectionKey,
  type PushRow,
  type PullCandidate,
} from './pending.ts';
import { addPushNote, makePushDue, showOnLead, updateBase, wherePush } from './push-row.ts';

/** The result of one pending pull. */
export type PullOutcome = 'waits' | 'nothing' | 'pulled' | 'due' | 'conflict';

/**
 * Applies one pending pull and deletes it, in the transaction of the caller. Locks the streams of
 * the lead and of its copy, then the push, then the lead: the order that everything keeps which
 * writes several of them.
 */
export async function applyPendingPull(
  tx: Tx,
  key: ConnectionKey,
  context: PullContext,
  { leadId }: PendingPull,
  timeZone: string,
): Promise<PullOutcome> {
  const candidate = await lockCandidate(tx, key, leadId);
  if (candidate === undefined) return 'nothing';
  if (candidate.push !== undefined && isLeased(candidate.push)) return 'waits';
  await updatePushedCopies(tx, key, candidate, leadId);
  if (!isCopyCurrent(candidate)) return 'waits';
  // Changes that arrived since the pending pull was read are part of the candidate, because the
  // streams are locked.
  await tx
    .delete(pushPulls)
    .where(
      and(
        eq(pushPulls.tenantId, key.tenantId),
        eq(pushPulls.connectionId, key.connectionId),
        eq(pushPulls.leadId, leadId),
      ),
    );
  return candidate.push === undefined
    ? 'nothing'
    : applyPull(tx, context, candidate, candidate.push, timeZone);
}

/** Reads what the pending pull is about, locks it, and reads it once more under the locks. */
async function lockCandidate(
  tx: Tx,
  key: ConnectionKey,
  leadId: string,
): Promise<PullCandidate | undefined> {
  const initial = (await readPullCandidates(tx, key, [leadId])).get(leadId);
  if (initial === undefined) return undefined;
  const rows = [initial.lead, initial.copy].filter((row) => row !== undefined);
  await lockStreams(tx, key.tenantId, rows);
  await tx
    .select({ id: pushes.id })
    .from(pushes)
    .where(
      and(
        eq(pushes.tenantId, key.tenantId),
        eq(pushes.connectionId, key.connectionId),
        eq(pushes.leadId, leadId),
      ),
    )
    .for('update');
  await lockLead(tx, key.tenantId, leadId);
  return (await readPullCandidates(tx, key, [leadId])).get(leadId) ?? initial;
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
  const open = (await selectOpenConflicts(tx, push)).map(toFieldConflict);
  if (copy.deletedAt !== null) return recordDeletion(tx, push, open);
  const pulled = compareCandidate(context, candidate);
  if (pulled === undefined) return 'nothing';
  const from = { connectionId: push.connectionId, by: null, timeZone };
  await changeLead(tx, lead, pulled.values, from);
  if (Object.keys(pulled.agreed).length > 0) await updateBase(tx, push, pulled.agreed);
  const news = describePull(context, pulled);
  if (news !== '') await addPushNote(tx, push, 'pulled', news);
  const conflicts = [...open.filter((one) => staysOpen(one, pulled)), ...pulled.conflicts];
  if (conflicts.length === 0) return finishWithoutConflict(tx, push, pulled);
  const fields = conflicts.map(({ field }) => field);
  const message = `Both sides changed: ${formatLabels(context, fields)}.`;
  return markConflict(tx, push, conflicts, message);
}

/** What was taken over, and what was not because the lead cannot hold it; empty for neither. */
function describePull(context: PullContext, { taken, kept }: PullResult): string {
  const parts = [
    taken.length > 0 && `Values taken over from the CRM: ${formatLabels(context, taken)}.`,
    kept.length > 0 && `Values that stay in the CRM: ${formatLabels(context, kept)}.`,
  ];
  return parts.filter(Boolean).join(' ');
}

const toFieldConflict = ({ field, ours, theirs, base }: ConflictRow): FieldConflict => ({
  field,
  ours,
  theirs,
  base: base ?? undefined,
});

function recordDeletion(
  tx: Tx,
  push: PushRow,
  open: readonly FieldConflict[],
): Promise<PullOutcome> {
  const others = open.filter(({ field }) => field !== wholeRecordField);
  const deletion = { field: wholeRecordField, ours: 'open', theirs: remotelyDeleted };
  return markConflict(
    tx,
    push,
    [...others, { ...deletion, base: undefined }],
    'The record was deleted in the CRM.',
  );
}

/**
 * Whether an open conflict is still one: a field that this copy does not hold stays open, and a
 * record that is there again is no longer deleted.
 */
function staysOpen({ field, theirs }: FieldConflict, { compared }: PullResult): boolean {
  return field === wholeRecordField ? theirs !== remotelyDeleted : !compared.includes(field);
}

/**
 * Closes the conflicts that the CRM has taken back. Our values are sent again after that, and
 * whenever the comparison found values to send.
 */
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

/** Records the conflicts; only a new one counts as an event of the push. */
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
  await showOnLead(tx, push, 'conflict');
  return 'conflict';
}

function formatLabels({ metadata }: PullContext, fields: readonly string[]): string {
  return fields.map((field) => findTargetField(metadata, 'lead', field)?.label ?? field).join(', ');
}
