import { z } from 'zod';
import { ControlError } from '../kit/provider.ts';
import { convertLead, merge } from './conversion.ts';
import { OBJECTS, type ObjectName } from './objects.ts';
import type { Org } from './org.ts';
import { findParent, formatValue, type WireRow } from './wire.ts';
import type { Row, Value } from './store.ts';

const row = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const kind = z.enum(OBJECTS);
const id = z.string();
/** Milliseconds after which a change is visible; its time of change is now all the same. */
const lateMs = z.number().min(0).default(0);
const mutation = z.object({
  changes: z.array(
    z.discriminatedUnion('op', [
      z.object({ op: z.literal('add'), kind, id: id.optional(), row, lateMs }),
      z.object({ op: z.literal('update'), kind, id, row, lateMs }),
      z.object({ op: z.literal('delete'), kind, id }),
      z.object({ op: z.literal('undelete'), kind, id }),
      z.object({ op: z.literal('purge'), kind, id }),
      z.object({ op: z.literal('merge'), kind, id, loser: z.string() }),
      /** A field of an object is called otherwise from now on. */
      z.object({ op: z.literal('rename'), kind, name: z.string(), to: z.string() }),
      /** The customer gives an object up. */
      z.object({ op: z.literal('drop'), kind }),
      z.object({ op: z.literal('convert'), kind: z.literal('Lead'), id }),
    ]),
  ),
});
type Mutation = z.output<typeof mutation>['changes'][number];
export type SalesforceChange = z.input<typeof mutation>['changes'][number];

/** Objects that hold what people work with. */
const SHOWN = OBJECTS.filter(
  (name) => !['Organization', 'User', 'ContentVersion', 'ContentDocumentLink'].includes(name),
);

/**
 * All live records with every field and the names of their parents, by object. Values are as in
 * JSON.
 */
export function truth(org: Org, only?: string): Record<string, WireRow[]> {
  org.live();
  return Object.fromEntries(
    SHOWN.filter((name) => only === undefined || name === only).map((name) => [
      name,
      org.store
        .rows(name, Number.POSITIVE_INFINITY)
        .filter(({ IsDeleted }) => IsDeleted !== true)
        .map((each) => toTruth(org, name, each)),
    ]),
  );
}

function toTruth(org: Org, object: ObjectName, each: Row): WireRow {
  const shown: WireRow = {};
  for (const { name, type, relationship } of org.store.schema[object].fields) {
    shown[name] = formatValue(org, type, each[name] ?? null);
    const parent = relationship === undefined ? undefined : findParent(org, each[name] ?? null);
    if (relationship !== undefined) shown[`${relationship}.Name`] = parent?.row['Name'] ?? null;
    if (relationship === 'LatestPublishedVersion')
      shown[`${relationship}.TextPreview`] = parent?.row['TextPreview'] ?? null;
  }
  return shown;
}

/** Applies changes as if people had made them now, in the application itself. */
export function mutate(org: Org, body: unknown): { ids: string[] } {
  org.live();
  return { ids: mutation.parse(body).changes.map((change) => apply(org, change)) };
}

function apply(org: Org, change: Mutation): string {
  const { store } = org;
  if (change.op === 'add') {
    const made = change.id ?? org.freshId(change.kind);
    const owner = { OwnerId: org.userId, CreatedById: org.userId };
    store.insert(
      change.kind,
      made,
      { ...owner, ...ofObject(org, change.kind, change.row) },
      org.now(),
      change.lateMs,
    );
    return made;
  }
  if (change.op === 'drop') {
    org.catalogue.drop(change.kind);
    return change.kind;
  }
  if (change.op === 'rename') {
    const { kind: object, name, to } = change;
    org.catalogue.rename(object, name, to);
    for (const each of store.rows(object, Number.POSITIVE_INFINITY))
      store.overwrite(object, String(each.Id), { [to]: each[name] ?? null });
    return to;
  }
  if (!happens(org, change)) throw new ControlError(`no ${change.kind} ${change.id}`, 404);
  return change.id;
}

function happens(org: Org, change: Exclude<Mutation, { op: 'add' | 'drop' | 'rename' }>): boolean {
  const { store } = org;
  const at = org.now();
  switch (change.op) {
    case 'update': {
      const values = ofObject(org, change.kind, change.row);
      return store.update(change.kind, change.id, values, at, change.lateMs) !== undefined;
    }
    case 'merge':
      return merge(store, change.kind, { winner: change.id, loser: change.loser }, at);
    case 'convert': {
      const ids = {
        account: org.freshId('Account'),
        contact: org.freshId('Contact'),
        opportunity: org.freshId('Opportunity'),
      };
      return convertLead(store, change.id, ids, { at, amount: null });
    }
    default:
      return store[change.op](change.kind, change.id, at);
  }
}

function ofObject({ store }: Org, object: ObjectName, given: Row): Row {
  const unknown = Object.keys(given).find(
    (name) => !store.schema[object].fields.some((field) => field.name === name),
  );
  if (unknown !== undefined) throw new ControlError(`${object} has no field '${unknown}'`);
  return given;
}

const POISONS = {
  nul: { Description: 'before\u0000after' },
  lone_surrogate: { Description: 'before\ud800after' },
  overflow_number: { Amount: 1e21, AnnualRevenue: 1e21 },
  bad_date: { CreatedDate: '2026-02-31T25:61:00.000Z' },
  zero_date: { CreatedDate: '0000-00-00T00:00:00.000Z' },
  missing_id: { Id: '' },
} satisfies Record<string, Record<string, Value>>;
const poisoning = z.object({
  kind: kind.default('Lead'),
  poison: z.enum(Object.keys(POISONS) as [keyof typeof POISONS, ...(keyof typeof POISONS)[]]),
  count: z.number().int().min(1).max(1_000).default(1),
});

/** Breaks the newest records of an object in one way. @returns their ids in the store */
export function poison(org: Org, body: unknown): { ids: string[] } {
  org.live();
  const given = poisoning.parse(body);
  const ids = org.store
    .rows(given.kind, Number.POSITIVE_INFINITY)
    .slice(-given.count)
    .map((each) => String(each.Id));
  const names = new Set(org.store.schema[given.kind].fields.map(({ name }) => name));
  const harm = Object.entries(POISONS[given.poison]).filter(([name]) => names.has(name));
  for (const each of ids) {
    org.store.update(given.kind, each, {}, org.now());
    org.store.overwrite(given.kind, each, Object.fromEntries(harm));
  }
  return { ids };
}
