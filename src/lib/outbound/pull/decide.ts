import { and, eq, sql } from 'drizzle-orm';
import { recordAudit } from '../../identity/audit/record.ts';
import { toStoredValue } from '../../mappings/stored-value.ts';
import { toLeadValues } from '../../mappings/to-lead-values.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { mask } from '../../platform/mask.ts';
import { pushConflicts, pushes } from '../../schema/pushes.ts';
import { selectOpenConflicts, wholeRecordField, type ConflictRow } from '../conflicts.ts';
import { changeLead } from './change-lead.ts';
import { locateField, isRecordLost, isWholeRecord } from './conflict.ts';
import { buildCurrentPlan, readOurValue, type LockedPush } from './locked-push.ts';
import type { PushRow } from './pending.ts';
import { addPushNote, makePushDue, showOnLead, updateBase, wherePush } from './push-row.ts';
import { getOwn } from '../../platform/own.ts';

export type Choice = 'ours' | 'theirs';

/** Carries out the choice of a person for one conflict and closes it. */
export async function applyDecision(
  tx: Tx,
  locked: LockedPush,
  row: ConflictRow,
  choice: Choice,
  who: { by: string; timeZone: string },
): Promise<void> {
  if (isWholeRecord(row)) await applyToWholeRecord(tx, locked, row, choice);
  else await applyField(tx, locked, row, choice, who);
  const own = and(eq(pushConflicts.tenantId, row.tenantId), eq(pushConflicts.id, row.id));
  await tx
    .update(pushConflicts)
    .set({ resolvedAt: sql`now()`, resolution: choice, resolvedBy: who.by })
    .where(own);
  const what = isWholeRecord(row)
    ? 'the whole record'
    : (locateField(locked.context, row.field)?.field.label ?? row.field);
  await addPushNote(
    tx,
    locked.push,
    'resolved',
    `${choice === 'ours' ? 'Ours' : 'Theirs'} for ${what}.`,
    who.by,
  );
  await recordAudit(tx, {
    tenantId: row.tenantId,
    action: 'conflict.resolved',
    target: { type: 'push', id: row.pushId, label: what },
    before: { ours: mask(row.ours, true), theirs: mask(row.theirs, true) },
    after: { choice },
  });
}

/**
 * Makes the chosen value the one that both sides agree on, so that only the other side differs from
 * it. With `theirs` the lead takes over the CRM's value at once.
 */
async function applyField(
  tx: Tx,
  locked: LockedPush,
  row: ConflictRow,
  choice: Choice,
  { by, timeZone }: { by: string; timeZone: string },
): Promise<void> {
  const place = locateField(locked.context, row.field);
  const theirs = place === undefined ? row.theirs : toStoredValue(place.field, row.theirs);
  const ours = await readOurValue(tx, locked, row.field);
  if (place !== undefined && ours !== toStoredValue(place.field, row.ours))
    throw changedAgainProblem();
  const mapped = locked.context.mapping.find(
    ({ row: { role, target } }) => role === 'lead' && target === row.field,
  );
  const values =
    choice === 'ours' || mapped === undefined || place === undefined
      ? undefined
      : toLeadValues(mapped, place.field, theirs, locked.lead);
  if (values !== undefined)
    locked.lead = await changeLead(tx, locked.lead, values, {
      connectionId: locked.push.connectionId,
      by,
      timeZone,
    });
  // When the lead cannot hold their value, ours counts as agreed: theirs then stays in the CRM
  // until our value changes.
  await updateBase(tx, locked.push, {
    [row.field]: choice === 'theirs' && values === undefined ? ours : theirs,
  });
}

/**
 * With `ours` a lost record is created anew and a closed one tried again; with `theirs` the record
 * stays as it is in the CRM.
 */
async function applyToWholeRecord(
  tx: Tx,
  locked: LockedPush,
  row: ConflictRow,
  choice: Choice,
): Promise<void> {
  const { push } = locked;
  locked.isLeftAsIs = choice === 'theirs';
  if (row.field === wholeRecordField && isRecordLost(row))
    await tx
      .update(pushes)
      .set({ remoteId: null, base: null, payloadHash: null })
      .where(wherePush(push));
  if (row.field !== wholeRecordField && choice === 'ours') {
    const { deal: _gone, ...remoteIds } = push.remoteIds;
    const base = Object.fromEntries(
      Object.entries(push.base ?? {}).filter(([field]) => !field.startsWith('deal.')),
    );
    await tx.update(pushes).set({ remoteIds, base, payloadHash: null }).where(wherePush(push));
  }
}

/**
 * Sets the state of a push after a decision: a conflict while one is open, pending when there are
 * values to send, else synced.
 */
export async function finishDecision(tx: Tx, locked: LockedPush): Promise<PushRow['state']> {
  const [push] = await tx.select().from(pushes).where(wherePush(locked.push));
  if (push === undefined || (await selectOpenConflicts(tx, push)).length > 0) return 'conflict';
  if (!locked.isLeftAsIs && (await hasUnsentChanges(tx, locked, push))) {
    await makePushDue(tx, push);
    return 'pending';
  }
  await tx
    .update(pushes)
    .set({
      state: 'synced',
      dueAt: null,
      errorKind: null,
      errorMessage: null,
      updatedAt: sql`now()`,
    })
    .where(wherePush(push));
  await showOnLead(tx, push, push.remoteId === null ? null : 'synced');
  return 'synced';
}

async function hasUnsentChanges(tx: Tx, locked: LockedPush, push: PushRow): Promise<boolean> {
  if (push.base === null) return true;
  const { records } = await buildCurrentPlan(tx, locked);
  return Object.entries(records.lead?.values ?? {}).some(
    ([field, value]) => (getOwn(push.base ?? {}, field) ?? null) !== value,
  );
}

export const changedAgainProblem = () =>
  new Problem(
    'conflict',
    'This conflict has changed since you opened the page, so nothing was decided. Look at the ' +
      'current values and choose again.',
  );
