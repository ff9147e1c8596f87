import { createHash } from 'node:crypto';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { namesOf } from '../../identity/actor.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { patiently } from '../../platform/db/retry.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { wholeLead } from '../conflicts.ts';
import { asStored } from '../../mappings/merge.ts';
import { planOf } from '../../mappings/plan.ts';
import { pushConflicts, pushes } from '../../schema/pushes.ts';
import { readSources } from '../../mappings/lead-fields.ts';
import {
  pushTables,
  type FieldValue,
  type TargetField,
} from '../../connectors/contract/destination.ts';
import { wakePushes } from '../push/enqueue.ts';
import type { LeadRow } from '../../entities/definition.ts';
import { changeLead, holdLead, holdStreams, readLead } from './change-lead.ts';
import { inverseOf } from '../../mappings/inverse.ts';
import { isInHand, readGround, type Ground, type PushRow } from './pending.ts';
import { agreeOn, deletedThere, makeDue, note, ofPush, showState } from './apply.ts';

export type Choice = 'ours' | 'theirs';
export type ConflictRow = typeof pushConflicts.$inferSelect;

/**
 * What a person saw of a conflict when they decided: another digest means that it has changed
 * since.
 */
export function conflictDigest({ ours, theirs }: Pick<ConflictRow, 'ours' | 'theirs'>): string {
  return createHash('sha256')
    .update(JSON.stringify([ours, theirs]))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Decides a conflict: ours is written there, or theirs comes to our lead. The push is pending or
 * synced again once nothing is left to decide. Deciding twice the same does nothing. A Problem says
 * so when somebody decided otherwise, when it changed since `seen` (see `conflictDigest`), and when
 * the lead is being sent at this moment.
 */
export function resolveConflict(
  tenantId: string,
  conflictId: string,
  choice: Choice,
  by: string,
  seen?: string,
): Promise<void> {
  return decide(tenantId, choice, by, async (tx) => {
    const [row] = isId(conflictId)
      ? await tx
          .select()
          .from(pushConflicts)
          .where(and(eq(pushConflicts.tenantId, tenantId), eq(pushConflicts.id, conflictId)))
      : [];
    if (row === undefined)
      throw new Problem('not_found', 'There is no such conflict in this workspace.');
    if (row.resolvedAt !== null) return alreadyResolved(tx, row, choice);
    if (seen !== undefined && seen !== conflictDigest(row)) throw changedAgain();
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
  return decide(tenantId, choice, by, async (tx) => {
    const rows = isId(pushId) ? await openOf(tx, tenantId, pushId) : [];
    if (seen !== undefined && rows.length > 0 && seen !== allDigest(rows)) throw changedAgain();
    return rows;
  });
}

/** As `conflictDigest`, of all open conflicts of a push in the order of the page. */
export function allDigest(rows: readonly Pick<ConflictRow, 'ours' | 'theirs'>[]): string {
  return createHash('sha256')
    .update(rows.map(conflictDigest).toSorted().join())
    .digest('hex')
    .slice(0, 16);
}

async function decide(
  tenantId: string,
  choice: Choice,
  by: string,
  find: (tx: Tx) => Promise<ConflictRow[]>,
): Promise<void> {
  const { timeZone } = await getTenant(tenantId);
  // What we say may have changed since the conflict was found: whoever decides has to have seen it.
  await patiently(() =>
    withTenant(tenantId, async (tx) => refreshOurs(tx, tenantId, await find(tx))),
  );
  const due = await patiently(() =>
    withTenant(tenantId, async (tx) => {
      const [first] = await find(tx);
      if (first === undefined) return undefined;
      const place = await holdPlace(tx, tenantId, first.pushId);
      // Once more, now that nobody else can decide.
      for (const row of await find(tx)) await apply(tx, place, row, choice, { by, timeZone });
      return (await finish(tx, place)) === 'pending' ? place.push : undefined;
    }),
  );
  if (due !== undefined) await wakePushes(tenantId, due.connectionId);
}

async function refreshOurs(tx: Tx, tenantId: string, rows: readonly ConflictRow[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const held = await holdPlace(tx, tenantId, first.pushId);
  for (const row of rows.filter((one) => !isWhole(one))) {
    const ours = await oursNow(tx, held, row.field);
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
interface Held {
  push: PushRow;
  lead: LeadRow;
  ground: Ground;
  /** The record as a whole is left as it is there. */
  isLeft: boolean;
}

async function holdPlace(tx: Tx, tenantId: string, pushId: string): Promise<Held> {
  const [known] = await tx
    .select()
    .from(pushes)
    .where(ofPush({ tenantId, id: pushId }));
  const seen = known === undefined ? undefined : await readLead(tx, tenantId, known.leadId);
  if (seen !== undefined) await holdStreams(tx, tenantId, [seen]);
  const [push] = await tx
    .select()
    .from(pushes)
    .where(ofPush({ tenantId, id: pushId }))
    .for('update');
  const lead = push === undefined ? undefined : await holdLead(tx, tenantId, push.leadId);
  const ground = push === undefined ? undefined : await readGround(tx, push);
  if (push === undefined || lead === undefined || ground === undefined)
    throw new Problem('not_found', 'There is no such push in this workspace.');
  if (isInHand(push))
    throw new Problem('conflict', 'This lead is being sent at this moment. Try again in a minute.');
  return { push, lead, ground, isLeft: false };
}

async function apply(
  tx: Tx,
  held: Held,
  row: ConflictRow,
  choice: Choice,
  who: { by: string; timeZone: string },
): Promise<void> {
  if (isWhole(row)) await applyWhole(tx, held, row, choice);
  else await applyField(tx, held, row, choice, who);
  const own = and(eq(pushConflicts.tenantId, row.tenantId), eq(pushConflicts.id, row.id));
  await tx
    .update(pushConflicts)
    .set({ resolvedAt: sql`now()`, resolution: choice, resolvedBy: who.by })
    .where(own);
  const what = isWhole(row)
    ? 'the whole record'
    : (placeOf(held.ground, row.field)?.field.label ?? row.field);
  await note(
    tx,
    held.push,
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
  held: Held,
  row: ConflictRow,
  choice: Choice,
  { by, timeZone }: { by: string; timeZone: string },
): Promise<void> {
  const place = placeOf(held.ground, row.field);
  const theirs = place === undefined ? row.theirs : asStored(place.field, row.theirs);
  const ours = await oursNow(tx, held, row.field);
  if (place !== undefined && ours !== asStored(place.field, row.ours)) throw changedAgain();
  const mapped = held.ground.mapping.fields.find(
    ({ table, target }) => table === 'lead' && target === row.field,
  );
  const values =
    choice === 'ours' || mapped === undefined || place === undefined
      ? undefined
      : inverseOf(mapped, place.field, theirs, held.lead);
  if (values !== undefined)
    held.lead = await changeLead(tx, held.lead, values, {
      connectionId: held.push.connectionId,
      by,
      timeZone,
    });
  // Where we cannot say what they say, ours is agreed on: theirs then stays there until ours
  // changes.
  await agreeOn(tx, held.push, {
    [row.field]: choice === 'theirs' && values === undefined ? ours : theirs,
  });
}

/**
 * A record that is not there, or not ours any more: made again, or left so. One that is closed
 * there is tried again, or left so.
 */
async function applyWhole(tx: Tx, held: Held, row: ConflictRow, choice: Choice): Promise<void> {
  const { push } = held;
  held.isLeft = choice === 'theirs';
  if (row.field === wholeLead && isLost(row))
    await tx
      .update(pushes)
      .set({ remoteId: null, base: null, payloadHash: null })
      .where(ofPush(push));
  if (row.field !== wholeLead && choice === 'ours') {
    const { opportunity: _gone, ...remoteIds } = push.remoteIds;
    const base = Object.fromEntries(
      Object.entries(push.base ?? {}).filter(([field]) => !field.startsWith('opportunity.')),
    );
    await tx.update(pushes).set({ remoteIds, base, payloadHash: null }).where(ofPush(push));
  }
}

/** Whether the conflict is about a record as a whole: of the lead, or of its opportunity. */
export const isWhole = ({ field }: Pick<ConflictRow, 'field'>): boolean =>
  field === wholeLead || field.endsWith('.@record');

/** Whether the record is not there for us any more, rather than closed. */
export const isLost = ({ theirs }: Pick<ConflictRow, 'theirs'>): boolean =>
  [deletedThere, 'belongs to another lead', 'taken for a duplicate'].includes(theirs ?? '');

/**
 * Pending when we have something to say that was not agreed on, else synced; a conflict while any
 * is open.
 */
async function finish(tx: Tx, held: Held): Promise<PushRow['state']> {
  const [push] = await tx.select().from(pushes).where(ofPush(held.push));
  if (push === undefined || (await openOf(tx, push.tenantId, push.id)).length > 0)
    return 'conflict';
  if (!held.isLeft && (await hasNews(tx, held, push))) {
    await makeDue(tx, push);
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
    .where(ofPush(push));
  await showState(tx, push, push.remoteId === null ? null : 'synced');
  return 'synced';
}

async function hasNews(tx: Tx, held: Held, push: PushRow): Promise<boolean> {
  if (push.base === null) return true;
  const { tables } = await planNow(tx, held);
  return Object.entries(tables.lead?.values ?? {}).some(
    ([field, value]) => (push.base?.[field] ?? null) !== value,
  );
}

async function oursNow(tx: Tx, held: Held, name: string): Promise<FieldValue> {
  const place = placeOf(held.ground, name);
  return place === undefined
    ? null
    : ((await planNow(tx, held)).tables[place.table]?.values[place.field.name] ?? null);
}

async function planNow(tx: Tx, { push, ground }: Held) {
  const values = (await readSources(tx, push.tenantId, [push.leadId])).get(push.leadId);
  return planOf(ground.mapping.fields, values?.values ?? {}, ground.metadata);
}

/**
 * A remote field by the name that conflicts have for it: that of the lead alone, others behind
 * their table.
 */
export function placeOf(
  { metadata }: Pick<Ground, 'metadata'>,
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

function openOf(tx: Tx, tenantId: string, pushId: string): Promise<ConflictRow[]> {
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
async function alreadyResolved(
  tx: Tx,
  { resolution, resolvedBy }: ConflictRow,
  choice: Choice,
): Promise<ConflictRow[]> {
  if (resolution === choice) return [];
  const who = resolvedBy === null ? undefined : (await namesOf(tx, [resolvedBy])).get(resolvedBy);
  const how =
    resolution === 'gone'
      ? 'has settled itself'
      : `was decided the other way${who === undefined ? '' : ` by ${who}`}`;
  throw new Problem('conflict', `This conflict ${how} in the meantime. Nothing was changed now.`);
}

const changedAgain = () =>
  new Problem(
    'conflict',
    'This has changed again since you opened the page. Nothing was decided; look at the values as they are now and choose once more.',
  );
