import { z } from 'zod';
import { ControlError } from '../kit/provider.ts';
import type { Org } from './org.ts';
import { isRef, type Row } from './store.ts';
import { TABLES, type Table, type TableName } from './tables.ts';
import { buildDefaults, withState } from './validate.ts';
import { wireRow, type WireRow } from './wire.ts';

const row = z.record(
  z.string(),
  z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.null(),
    z.object({ table: z.enum(TABLES), id: z.string() }),
  ]),
);
const kind = z.enum(TABLES);
const mutation = z.object({
  changes: z.array(
    z.discriminatedUnion('op', [
      z.object({ op: z.literal('add'), kind, id: z.string().optional(), row }),
      z.object({ op: z.literal('update'), kind, id: z.string(), row }),
      z.object({ op: z.literal('delete'), kind, id: z.string() }),
      /** A column of a table goes, and one of another name comes with the same values. */
      z.object({ op: z.literal('rename'), kind, name: z.string(), to: z.string() }),
      /** The customer gives a table up. */
      z.object({ op: z.literal('drop'), kind }),
    ]),
  ),
});
export type DynamicsChange = z.input<typeof mutation>['changes'][number];

const POISONS = {
  nul: () => ({ description: 'before\u0000after' }),
  lone_surrogate: () => ({ description: 'before\ud800after' }),
  overflow_number: () => ({ estimatedamount: 1e21, estimatedvalue: 1e21, revenue: 1e21 }),
  bad_date: () => ({ createdon: '2026-02-31T25:61:00Z' }),
  zero_date: () => ({ createdon: '0000-00-00T00:00:00Z' }),
  missing_id: (table: Table) => ({ [table.id]: '' }),
} satisfies Record<string, (table: Table) => Row>;
const poisoning = z.object({
  kind: kind.default('lead'),
  poison: z.enum(Object.keys(POISONS) as [keyof typeof POISONS, ...(keyof typeof POISONS)[]]),
  count: z.number().int().min(1).max(1_000).default(1),
});

/** All rows as lists show them with every column and every label, by table. */
export function truth(org: Org, only?: string): Record<string, WireRow[]> {
  org.live();
  const tables = Object.values(org.store.schema).filter(
    ({ name }) => only === undefined || name === only,
  );
  return Object.fromEntries(
    tables.map((table) => [
      table.name,
      org.store
        .rows(table.name)
        .map((each) =>
          wireRow(org.store, table, each, table.columns, { formatted: true, targets: true }),
        ),
    ]),
  );
}

/**
 * Applies changes as if people had made them now, in the application itself: closed leads may be
 * changed there, too.
 */
export function mutate(org: Org, body: unknown): { ids: string[] } {
  org.live();
  return { ids: mutation.parse(body).changes.map((change) => applied(org, change)) };
}

function applied(org: Org, change: z.output<typeof mutation>['changes'][number]): string {
  const { store } = org;
  const table = store.schema[change.kind];
  if (change.op === 'drop') {
    org.drop(change.kind);
    return change.kind;
  }
  if (change.op === 'rename') {
    store.rename(change.kind, change.name, change.to);
    return change.to;
  }
  if (change.op === 'add') {
    const id = change.id ?? org.freshId();
    store.insert(
      change.kind,
      id,
      withState(table, { ...buildDefaults(table, org.userId), ...ofTable(table, change.row) }),
      org.now(),
      'control',
    );
    return id;
  }
  const isThere =
    change.op === 'delete'
      ? store.delete(change.kind, change.id, org.now())
      : store.update(
          change.kind,
          change.id,
          withState(table, ofTable(table, change.row)),
          org.now(),
        ) !== undefined;
  if (!isThere) throw new ControlError(`no ${change.kind} ${change.id}`, 404);
  return change.id;
}

function ofTable(table: Table, given: z.output<typeof row>): Row {
  for (const [name, value] of Object.entries(given)) {
    const column = table.columns.find((each) => each.name === name);
    if (
      column === undefined ||
      isRef(value as Row[string]) !== (column.type === 'lookup' && value !== null)
    )
      throw new ControlError(`'${name}' of ${table.name} does not take that`);
  }
  return given as Row;
}

/** Breaks the newest rows of a table in one way. @returns their ids in the store */
export function poison(org: Org, body: unknown): { ids: string[] } {
  org.live();
  const given = poisoning.parse(body);
  const table = org.store.schema[given.kind as TableName];
  const ids = org.store
    .rows(table.name)
    .slice(-given.count)
    .map((each) => String(each[table.id]));
  const harm = POISONS[given.poison](table);
  for (const id of ids) {
    org.store.update(table.name, id, {}, org.now());
    org.store.overwrite(
      table.name,
      id,
      Object.fromEntries(
        Object.entries(harm).filter(([name]) =>
          table.columns.some((column) => column.name === name),
        ),
      ),
    );
  }
  return { ids };
}
