import { and, eq, isNull, sql } from 'drizzle-orm';
import { leads } from '../../schema/leads.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import { applyLeadChange } from '../../ingest/apply.ts';
import { noteConflicts, wholeLead, type FieldConflict } from '../conflicts.ts';
import { mirrorHash } from '../../ingest/pushed-copies.ts';
import { pushConflicts, pushEvents, pushes, pushPulls } from '../../schema/pushes.ts';
import { changeLead, holdLead, holdStreams } from './change-lead.ts';
import type { Pulled } from './compare.ts';
import {
  compareSituation,
  isCurrent,
  isInHand,
  mirrorFor,
  readSituations,
  type Copy,
  type Ground,
  type Mark,
  type PullPlace,
  type PushRow,
  type Situation,
} from './pending.ts';

/** What the other side of a conflict over the whole record says when it was deleted there. */
export const deletedThere = 'deleted';

/** What became of a mark. */
export type Settled = 'waits' | 'nothing' | 'pulled' | 'due' | 'conflict';

/**
 * Draws the consequences of one mark, and takes the mark away, in the transaction of the caller. It
 * holds the streams of the lead and of its copy, then the push, then the lead, as everything that
 * writes several of them does.
 */
export async function settleMark(
  tx: Tx,
  place: PullPlace,
  ground: Ground,
  mark: Mark,
  timeZone: string,
): Promise<Settled> {
  const seen = (await readSituations(tx, place, [mark.leadId])).get(mark.leadId);
  if (seen === undefined) return 'nothing';
  await holdStreams(
    tx,
    place.tenantId,
    [seen.lead, seen.copy].filter((row) => row !== undefined),
  );
  await tx
    .select({ id: pushes.id })
    .from(pushes)
    .where(
      and(
        eq(pushes.tenantId, place.tenantId),
        eq(pushes.connectionId, place.connectionId),
        eq(pushes.leadId, mark.leadId),
      ),
    )
    .for('update');
  await holdLead(tx, place.tenantId, mark.leadId);
  const situation = (await readSituations(tx, place, [mark.leadId])).get(mark.leadId) ?? seen;
  if (situation.push !== undefined && isInHand(situation.push)) return 'waits';
  await settleMirrors(tx, place, situation, mark.leadId);
  if (!isCurrent(situation)) return 'waits';
  // What was marked again since is about what is read here: the streams are held.
  await tx
    .delete(pushPulls)
    .where(
      and(
        eq(pushPulls.tenantId, place.tenantId),
        eq(pushPulls.connectionId, place.connectionId),
        eq(pushPulls.leadId, mark.leadId),
      ),
    );
  return situation.push === undefined
    ? 'nothing'
    : settlePush(tx, ground, situation, situation.push, timeZone);
}

async function settlePush(
  tx: Tx,
  ground: Ground,
  situation: Situation,
  push: PushRow,
  timeZone: string,
): Promise<Settled> {
  const { copy, lead } = situation;
  if (copy === undefined || lead === undefined || lead.deletedAt !== null || push.base === null)
    return 'nothing';
  const open = await openConflicts(tx, push);
  if (copy.deletedAt !== null)
    return conflictOver(
      tx,
      push,
      [
        ...open.filter(({ field }) => field !== wholeLead),
        { field: wholeLead, ours: 'open', theirs: deletedThere, base: undefined },
      ],
      'The record was deleted there.',
    );
  const pulled = compareSituation(ground, situation);
  if (pulled === undefined) return 'nothing';
  await changeLead(tx, lead, pulled.values, {
    connectionId: push.connectionId,
    by: null,
    timeZone,
  });
  if (Object.keys(pulled.agreed).length > 0) await agreeOn(tx, push, pulled.agreed);
  if (pulled.taken.length > 0)
    await note(tx, push, 'pulled', `Taken over from there: ${labelsOf(ground, pulled.taken)}.`);
  // What this copy does not speak of stays open; a record that is there again is not deleted any
  // more.
  const others = open.filter(({ field, theirs }) =>
    field === wholeLead ? theirs !== deletedThere : !pulled.compared.includes(field),
  );
  const conflicts = [...others, ...pulled.conflicts];
  if (conflicts.length > 0)
    return conflictOver(
      tx,
      push,
      conflicts,
      `Both sides changed: ${labelsOf(
        ground,
        conflicts.map(({ field }) => field),
      )}.`,
    );
  return withoutConflict(tx, push, pulled);
}

/** Open conflicts that the CRM has taken back are closed; what is ours is sent then, or again. */
async function withoutConflict(tx: Tx, push: PushRow, pulled: Pulled): Promise<Settled> {
  const wasOpen = push.state === 'conflict';
  if (wasOpen) await noteConflicts(tx, push, []);
  if (wasOpen || (pulled.sent.length > 0 && push.state === 'synced')) {
    await makeDue(tx, push);
    return 'due';
  }
  return pulled.taken.length > 0 ? 'pulled' : 'nothing';
}

async function conflictOver(
  tx: Tx,
  push: PushRow,
  conflicts: readonly FieldConflict[],
  message: string,
): Promise<Settled> {
  const open = await openConflicts(tx, push);
  const isNews = conflicts.some(({ field }) => !open.some((one) => one.field === field));
  await noteConflicts(tx, push, conflicts);
  if (isNews) await note(tx, push, 'conflict', message);
  await tx
    .update(pushes)
    .set({
      state: 'conflict',
      dueAt: null,
      errorKind: 'conflict',
      errorMessage: message,
      ...(isNews && { updatedAt: sql`now()` }),
    })
    .where(ofPush(push));
  await showState(tx, push, 'conflict');
  return 'conflict';
}

/** The copies of a lead: only those of a push that stands are hidden. */
async function settleMirrors(
  tx: Tx,
  { tenantId, connectionId }: PullPlace,
  situation: Situation,
  leadId: string,
): Promise<void> {
  const wanted = mirrorFor(situation);
  const { copy } = situation;
  // Without a push nothing tells which record it was but the rows themselves.
  const rows =
    situation.push !== undefined
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
  for (const row of rows) if (row.mirrorOf !== wanted) await setMirror(tx, row, wanted);
}

async function setMirror(tx: Tx, before: Copy, mirrorOf: string | null): Promise<void> {
  const contentHash = mirrorHash(before.contentHash, claimOf(before, mirrorOf), mirrorOf);
  await applyLeadChange(tx, before, { mirrorOf, contentHash });
}

/** What the item said of itself, as far as the digest of its row tells. */
function claimOf({ contentHash, mirrorOf }: Copy, wanted: string | null): string | null {
  if (mirrorHash(contentHash, mirrorOf, mirrorOf) === contentHash) return mirrorOf;
  return mirrorOf === null ? wanted : null;
}

/**
 * Asks for a push once more, with its conflicts decided or what the CRM wrote over, although ours
 * is as it was sent last. The caller wakes the workers.
 */
export async function makeDue(tx: Tx, push: PushRow): Promise<void> {
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
    .where(ofPush(push));
  await showState(tx, push, 'pending');
}

/** Notes on what both sides agree now. */
export async function agreeOn(
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
    .where(ofPush(push));
}

export async function note(
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
export async function showState(
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

async function openConflicts(tx: Tx, push: PushRow): Promise<FieldConflict[]> {
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

function labelsOf({ metadata }: Ground, fields: readonly string[]): string {
  return fields
    .map((field) => metadata.tables.lead.fields.find(({ name }) => name === field)?.label ?? field)
    .join(', ');
}

export const ofPush = ({ tenantId, id }: Pick<PushRow, 'tenantId' | 'id'>) =>
  and(eq(pushes.tenantId, tenantId), eq(pushes.id, id));
