import { z } from 'zod';
import { ControlError } from '../kit/provider.ts';
import type { HubSpotAccount } from './account.ts';
import type { Properties } from './store.ts';
import { getType, TYPES } from './types.ts';
import { wireInlineLinks, wireRow } from './wire.ts';

const kind = z.enum(TYPES);
const ref = z.object({ kind, id: z.string() });
const properties = z.record(z.string(), z.string().nullable());
const mutation = z.object({
  changes: z.array(
    z.discriminatedUnion('op', [
      z.object({
        op: z.literal('add'),
        kind,
        id: z.string().optional(),
        properties,
        links: z.array(ref.extend({ primary: z.boolean().default(false) })).default([]),
        at: z.number().optional(),
      }),
      z.object({
        op: z.literal('update'),
        kind,
        id: z.string(),
        properties: properties.default({}),
        /** The time of the change, when it is not now. */
        at: z.number().optional(),
        /** When searches get to know of it, when that is not at once. */
        indexedAt: z.number().optional(),
      }),
      z.object({ op: z.literal('archive'), kind, id: z.string(), at: z.number().optional() }),
      z.object({ op: z.literal('restore'), kind, id: z.string() }),
      z.object({ op: z.literal('merge'), kind, id: z.string(), into: z.string() }),
      z.object({
        op: z.literal('associate'),
        from: ref,
        to: ref,
        primary: z.boolean().default(false),
      }),
      z.object({ op: z.literal('dissociate'), from: ref, to: ref }),
      /** A property of a type goes, and one of another name comes with the same values. */
      z.object({ op: z.literal('rename'), kind, name: z.string(), to: z.string() }),
      /** A type that the account has defined goes with all of its objects. */
      z.object({ op: z.literal('drop'), kind }),
    ]),
  ),
});
export type HubSpotChange = z.input<typeof mutation>['changes'][number];

const POISONS = {
  nul: { city: 'before\u0000after', hs_note_body: 'a\u0000b', dealname: 'a\u0000b' },
  lone_surrogate: { city: 'before\ud800after', hs_note_body: 'a\ud800b', dealname: 'a\ud800b' },
  overflow_number: { amount: '1e21', amount_in_home_currency: '1e21', annualrevenue: '1e21' },
  bad_date: { createdate: '2026-02-31T25:61:00Z', hs_timestamp: '2026-02-31T25:61:00Z' },
  zero_date: { createdate: '0000-00-00T00:00:00Z' },
  missing_id: { hs_object_id: '' },
} satisfies Record<string, Properties>;
const poisoning = z.object({
  kind: kind.default('contacts'),
  poison: z.enum(Object.keys(POISONS) as [keyof typeof POISONS, ...(keyof typeof POISONS)[]]),
  count: z.number().int().min(1).max(1_000).default(1),
});

/** Live rows as lists show them with every property and every association, by type. */
export function truth(account: HubSpotAccount, only?: string): Record<string, WireRow[]> {
  account.live();
  return Object.fromEntries(
    TYPES.filter((type) => only === undefined || type === only).map((type) => {
      const spec = getType(type);
      const names = account.properties(spec).map(({ name }) => name);
      const known = new Set(names);
      const rows = account.store.live(type).map((row) => ({
        ...wireRow(account, spec, row, names, known),
        ...wireInlineLinks(account, row, TYPES),
      }));
      return [type, rows as unknown as WireRow[]];
    }),
  );
}

export interface WireRow {
  id: string;
  properties: Properties;
  associations?: Partial<Record<string, { results: { id: string; type: string }[] }>>;
}

/** Applies changes as if people had made them now, in HubSpot itself. */
export function mutate(account: HubSpotAccount, body: unknown): { ids: string[] } {
  account.live();
  return { ids: mutation.parse(body).changes.map((change) => apply(account, change)) };
}

function apply(
  account: HubSpotAccount,
  change: z.output<typeof mutation>['changes'][number],
): string {
  const { store } = account;
  const now = account.now();
  switch (change.op) {
    case 'add': {
      const { id } = store.insert(change.kind, change.properties, change.at ?? now, change.id);
      for (const { kind: type, id: to, primary } of change.links)
        store.associate({ type: change.kind, id }, { type, id: to }, primary);
      return id;
    }
    case 'update': {
      const { at = now, indexedAt = now } = change;
      return store.update(change.kind, change.id, change.properties, at, indexedAt).id;
    }
    case 'archive':
      store.archive(change.kind, change.id, change.at ?? now);
      return change.id;
    case 'restore':
      store.restore(change.kind, change.id, now);
      return change.id;
    case 'merge':
      store.merge(change.kind, change.id, change.into, now);
      return change.into;
    case 'associate':
      store.associate(toRef(change.from), toRef(change.to), change.primary);
      return change.from.id;
    case 'rename':
      account.renamed.set(`${change.kind}/${change.name}`, change.to);
      for (const { id, properties: held } of store.live(change.kind))
        store.overwrite(change.kind, id, { [change.to]: held[change.name] ?? null });
      return change.to;
    case 'drop':
      account.dropped.add(change.kind);
      return change.kind;
    case 'dissociate':
      store.dissociate(toRef(change.from), toRef(change.to));
      return change.from.id;
  }
}

const toRef = ({ kind: type, id }: z.output<typeof ref>) => ({ type, id });

/** Breaks the newest rows of a type in one way. @returns their ids in the store */
export function poison(account: HubSpotAccount, body: unknown): { ids: string[] } {
  account.live();
  const given = poisoning.parse(body);
  const rows = account.store.live(given.kind).slice(-given.count);
  const names = new Set(account.properties(getType(given.kind)).map(({ name }) => name));
  const harm = Object.entries(POISONS[given.poison]).filter(([name]) => names.has(name));
  if (harm.length === 0) throw new ControlError(`${given.kind} cannot be harmed by that`);
  for (const { id } of rows) {
    account.store.update(given.kind, id, {}, account.now());
    account.store.overwrite(given.kind, id, Object.fromEntries(harm));
  }
  return { ids: rows.map(({ id }) => id) };
}
