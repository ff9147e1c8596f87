import { createHash } from 'node:crypto';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { loadUserNames } from '../../identity/actor.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { wholeRecordField } from '../conflicts.ts';
import { toStoredValue } from '../../mappings/stored-value.ts';
import { buildPlan } from '../../mappings/plan.ts';
import { pushConflicts, pushes } from '../../schema/pushes.ts';
import { readLeadValues } from '../../mappings/lead-values.ts';
import {
  pushTables,
  type FieldValue,
  type TargetField,
} from '../../connectors/contract/destination.ts';
import { enqueuePushes } from '../push/enqueue.ts';
import type { LeadRow } from '../../entities/definition.ts';
import { changeLead, lockLead, lockStreams, readLead } from './change-lead.ts';
import { toLeadValues } from '../../mappings/to-lead-values.ts';
import { isLeased, readPullContext, type PullContext, type PushRow } from './pending.ts';
import {
  updateBase,
  remotelyDeleted,
  makePushDue,
  addPushNote,
  wherePush,
  updateLeadPushState,
} from './apply.ts';

export type Choice = 'ours' | 'theirs';
export type ConflictRow = typeof pushConflicts.$inferSelect;

/**
 * What a person saw of a conflict when they decided: another digest means that it has changed
 * since.
 */
export function hashConflict({ ours, theirs }: Pick<ConflictRow, 'ours' | 'theirs'>): string {
  return createHash('sha256')
    .update(JSON.stringify([ours, theirs]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Decides a conflict: ours is written there, or theirs comes to our lead. The push is pending or
 * synced again once nothing is left to decide. Deciding twice the same does nothing. A Problem says
 * so when somebody decided otherwise, when it changed since `seen` (see `hashConflict`), and when
 * the lead is being sent at this moment.
 */
export function resolveConflict(
  tenantId: string,
  conflictId: string,
  choice: Choice,
  by: string,
  seen?: string,
): Promise<void> {
  return resolveWith(tenantId, choice, by, async (tx) => {
    const [row] = isId(conflictId)
      ? await tx
          .select()
          .from(pushConflicts)
          .where(and(eq(pushConflicts.tenantId, tenantId), eq(pushConflicts.id, conflictId)))
      : [];
    if (row === undefined)
      throw new Problem('not_found', 'There is no such conflict in this workspace.');
    if (row.resolvedAt !== null) return assertSameResolution(tx, row, choice);
    if (seen !== undefined && seen !== hashConflict(row)) throw changedAgainProblem();
    return [row];
  });
}

/** Decides all open conflicts of a push alike. */
export function resolveAll(
  tenantId: string,
  pushId: string,
  choice: Choice,
  by: string,
  seen?: string,
): Promise<void> {
  return resolveWith(tenantId, choice, by, async (tx) => {
    const rows = isId(pushId) ? await selectOpenConflicts(tx, tenantId, pushId) : [];
    if (seen !== undefined && rows.length > 0 && seen !== conflictsDigest(rows))
      throw changedAgainProblem();
    return rows;
  });
}

/** As `hashConflict`, of all open conflicts of a push in the order of the page. */
export function conflictsDigest(rows: readonly Pick<ConflictRow, 'ours' | 'theirs'>[]): string {
  return createHash('sha256')
    .update(rows.map(hashConflict).toSorted().join())
    .digest('hex')
    .slice(0, 16);
}

async function resolveWith(
  tenantId: string,
  choice: Choice,
  by: string,
  find: (tx: Tx) => Promise<ConflictRow[]>,
): Promise<void> {
  const { timeZone } = await getTenant(tenantId);
  // What we say may have changed since the conflict was found: whoever decides has to have seen it.
  await retryInTenant(tenantId, async (tx) => refreshOurValues(tx, tenantId, await find(tx)));
  const due = await retryInTenant(tenantId, async (tx) => {
    const [first] = await find(tx);
    if (first === undefined) return undefined;
    const place = await lockPush(tx, tenantId, first.pushId);
    // Once more, now that nobody else can decide.
    for (const row of await find(tx)) await applyDecision(tx, place, row, choice, { by, timeZone });
    return (await finishDecision(tx, place)) === 'pending' ? place.push : undefined;
  });
  if (due !== undefined) await enqueuePushes(tenantId, due.connectionId);
}

async function refreshOurValues(
  tx: Tx,
  tenantId: string,
  rows: readonly ConflictRow[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const locked = await lockPush(tx, tenantId, first.pushId);
  for (const row of rows.filter((one) => !isWholeRecord(one))) {
    const ours = await readOurValue(tx, locked, row.field);
    const shown = ours === null ? null : String(ours);
    if (shown !== row.ours)
      await tx
        .update(pushConflicts)
        .set({ ours: shown })
        .where(
          and(
            eq(pushConflicts.tenantId, tenantId),
            eq(pushConflicts.id, row.id),
            isNull(pushConflicts.resolvedAt),
          ),
        );
  }
}

/** A push with its lead, both held. */
interface LockedPush {
  push: PushRow;
  lead: LeadRow;
  context: PullContext;
  /** The record as a whole is left as it is there. */
  isLeftAsIs: boolean;
}

async function lockPush(tx: Tx, tenantId: string, pushId: string): Promise<LockedPush> {
  const [known] = await tx
    .select()
    .from(pushes)
    .where(wherePush({ tenantId, id: pushId }));
  const seen = known === undefined ? undefined : await readLead(tx, tenantId, known.leadId);
  if (seen !== undefined) await lockStreams(tx, tenantId, [seen]);
  const [push] = await tx
    .select()
    .from(pushes)
    .where(wherePush({ tenantId, id: pushId }))
    .for('update');
  const lead = push === undefined ? undefined : await lockLead(tx, tenantId, push.leadId);
  const context = push === undefined ? undefined : await readPullContext(tx, push);
  if (push === undefined || lead === undefined || context === undefined)
    throw new Problem('not_found', 'There is no such push in this workspace.');
  if (isLeased(push))
    throw new Problem('conflict', 'This lead is being sent at this moment. Try again in a minute.');
  return { push, lead, context, isLeftAsIs: false };
}

async function applyDecision(
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
    : (findTargetField(locked.context, row.field)?.field.label ?? row.field);
  await addPushNote(
    tx,
    locked.push,
    'resolved',
    `${choice === 'ours' ? 'Ours' : 'Theirs'} for ${what}.`,
    who.by,
  );
}

/**
 * What is decided counts as agreed on, so that only the side that is to give way differs from it.
 */
async function applyField(
  tx: Tx,
  locked: LockedPush,
  row: ConflictRow,
  choice: Choice,
  { by, timeZone }: { by: string; timeZone: string },
): Promise<void> {
  const place = findTargetField(locked.context, row.field);
  const theirs = place === undefined ? row.theirs : toStoredValue(place.field, row.theirs);
  const ours = await readOurValue(tx, locked, row.field);
  if (place !== undefined && ours !== toStoredValue(place.field, row.ours))
    throw changedAgainProblem();
  const mapped = locked.context.mapping.fields.find(
    ({ table, target }) => table === 'lead' && target === row.field,
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
  // Where we cannot say what they say, ours is agreed on: theirs then stays there until ours
  // changes.
  await updateBase(tx, locked.push, {
    [row.field]: choice === 'theirs' && values === undefined ? ours : theirs,
  });
}

/**
 * A record that is not there, or not ours any more: made again, or left so. One that is closed
 * there is tried again, or left so.
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
    const { opportunity: _gone, ...remoteIds } = push.remoteIds;
    const base = Object.fromEntries(
      Object.entries(push.base ?? {}).filter(([field]) => !field.startsWith('opportunity.')),
    );
    await tx.update(pushes).set({ remoteIds, base, payloadHash: null }).where(wherePush(push));
  }
}

/** Whether the conflict is about a record as a whole: of the lead, or of its opportunity. */
export const isWholeRecord = ({ field }: Pick<ConflictRow, 'field'>): boolean =>
  field === wholeRecordField || field.endsWith('.@record');

/** Whether the record is not there for us any more, rather than closed. */
export const isRecordLost = ({ theirs }: Pick<ConflictRow, 'theirs'>): boolean =>
  [remotelyDeleted, 'belongs to another lead', 'taken for a duplicate'].includes(theirs ?? '');

/**
 * Pending when we have something to say that was not agreed on, else synced; a conflict while any
 * is open.
 */
async function finishDecision(tx: Tx, locked: LockedPush): Promise<PushRow['state']> {
  const [push] = await tx.select().from(pushes).where(wherePush(locked.push));
  if (push === undefined || (await selectOpenConflicts(tx, push.tenantId, push.id)).length > 0)
    return 'conflict';
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
  await updateLeadPushState(tx, push, push.remoteId === null ? null : 'synced');
  return 'synced';
}

async function hasUnsentChanges(tx: Tx, locked: LockedPush, push: PushRow): Promise<boolean> {
  if (push.base === null) return true;
  const { tables } = await buildCurrentPlan(tx, locked);
  return Object.entries(tables.lead?.values ?? {}).some(
    ([field, value]) => (push.base?.[field] ?? null) !== value,
  );
}

async function readOurValue(tx: Tx, locked: LockedPush, name: string): Promise<FieldValue> {
  const place = findTargetField(locked.context, name);
  return place === undefined
    ? null
    : ((await buildCurrentPlan(tx, locked)).tables[place.table]?.values[place.field.name] ?? null);
}

async function buildCurrentPlan(tx: Tx, { push, context }: LockedPush) {
  const values = (await readLeadValues(tx, push.tenantId, [push.leadId])).get(push.leadId);
  return buildPlan(context.mapping.fields, values?.values ?? {}, context.metadata);
}

/**
 * A remote field by the name that conflicts have for it: that of the lead alone, others behind
 * their table.
 */
export function findTargetField(
  { metadata }: Pick<PullContext, 'metadata'>,
  name: string,
): { table: (typeof pushTables)[number]; field: TargetField } | undefined {
  const [before, after] = name.split('.', 2);
  const table = after === undefined ? 'lead' : pushTables.find((one) => one === before);
  const field =
    table === undefined
      ? undefined
      : metadata.tables[table].fields.find((one) => one.name === (after ?? before));
  return table === undefined || field === undefined ? undefined : { table, field };
}

function selectOpenConflicts(tx: Tx, tenantId: string, pushId: string): Promise<ConflictRow[]> {
  return tx
    .select()
    .from(pushConflicts)
    .where(
      and(
        eq(pushConflicts.tenantId, tenantId),
        eq(pushConflicts.pushId, pushId),
        isNull(pushConflicts.resolvedAt),
      ),
    )
    .orderBy(asc(pushConflicts.field));
}

/** Of two clicks the second finds its work done; of two people the second is told. */
async function assertSameResolution(
  tx: Tx,
  { resolution, resolvedBy }: ConflictRow,
  choice: Choice,
): Promise<ConflictRow[]> {
  if (resolution === choice) return [];
  const who =
    resolvedBy === null ? undefined : (await loadUserNames(tx, [resolvedBy])).get(resolvedBy);
  const how =
    resolution === 'gone'
      ? 'has settled itself'
      : `was decided the other way${who === undefined ? '' : ` by ${who}`}`;
  throw new Problem('conflict', `This conflict ${how} in the meantime. Nothing was changed now.`);
}

const changedAgainProblem = () =>
  new Problem(
    'conflict',
    'This has changed again since you opened the page. Nothing was decided; look at the values as they are now and choose once more.',
  );
