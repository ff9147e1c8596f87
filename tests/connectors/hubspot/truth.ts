import { expect } from 'vitest';
import type { Sandbox } from '../../../sandbox/index.ts';
import type { TestDatabase } from '../../helpers/database.ts';

interface Source {
  id: string;
  properties: Record<string, string | null>;
  associations?: Partial<Record<string, { results: { id: string; type: string }[] }>>;
}

/** What is kept of a type, and where; ids begin with the prefix. */
interface Kept {
  kind: string;
  stream: string;
  table: string;
  prefix: string;
  keeps: (row: Source) => boolean;
}

const everything = () => true;
const linkedIds = ({ associations }: Source, type: string) => [
  ...new Set((associations?.[type]?.results ?? []).map(({ id }) => id)),
];

const isLead = (row: Source) =>
  ['lead', 'opportunity'].includes(row.properties['lifecyclestage'] ?? '') ||
  (row.properties['lifecyclestage'] !== null &&
    (row.properties['hs_lifecyclestage_lead_date'] ?? '') !== '');

const KEPT: readonly Kept[] = [
  { kind: 'companies', stream: 'companies', table: 'companies', prefix: '', keeps: everything },
  { kind: 'contacts', stream: 'contacts', table: 'contacts', prefix: '', keeps: everything },
  {
    kind: 'contacts',
    stream: 'contactLeads',
    table: 'leads',
    prefix: '',
    keeps: (row) => isLead(row) && linkedIds(row, 'leads').length === 0,
  },
  { kind: 'leads', stream: 'leads', table: 'leads', prefix: 'lead-', keeps: everything },
  { kind: 'deals', stream: 'deals', table: 'opportunities', prefix: '', keeps: everything },
  {
    kind: 'notes',
    stream: 'notes',
    table: 'notes',
    prefix: '',
    keeps: (row) => Object.keys(row.associations ?? {}).length > 0,
  },
  {
    kind: 'tasks',
    stream: 'tasks',
    table: 'scheduled_activities',
    prefix: 'task-',
    keeps: everything,
  },
  {
    kind: 'meetings',
    stream: 'meetings',
    table: 'scheduled_activities',
    prefix: 'meeting-',
    keeps: everything,
  },
];

interface Stored {
  id: string;
  raw: { properties: Record<string, string>; about: { links?: Record<string, string[]> } };
}

/**
 * Every live row is a row of the account, by id, by all of its properties that were read and by its
 * associations, and there is no other. Returns how many were compared.
 */
export async function expectSameHubSpot(
  db: TestDatabase,
  sandbox: Sandbox,
  portal: string,
  tenantId: string,
  only = KEPT.map(({ stream }) => stream),
): Promise<number> {
  const truth = sandbox.hubspot.truth(portal);
  let compared = 0;
  for (const { kind, stream, table, prefix, keeps } of KEPT) {
    if (!only.includes(stream)) continue;
    const source = new Map(
      ((truth[kind] ?? []) as Source[]).filter(keeps).map((row) => [`${prefix}${row.id}`, row]),
    );
    const rows = await db.query<Stored>(
      `select external_id as id, raw_json as raw
       from ${table}
       where tenant_id = $1 and stream = $2 and deleted_at is null`,
      [tenantId, stream],
    );
    const stored = new Map(rows.map((row) => [row.id, row]));
    const wrong = [
      ...rows.filter(({ id }) => !source.has(id)).map(({ id }) => `${id}: not in the source`),
      ...[...source].flatMap(([id, row]) => compare(id, row, stored.get(id))),
    ];
    expect(wrong, stream).toEqual([]);
    compared += rows.length;
  }
  return compared;
}

function compare(id: string, source: Source, stored: Stored | undefined): string[] {
  if (stored === undefined) return [`${id}: missing`];
  const { properties, about } = stored.raw;
  const values = Object.entries(properties).flatMap(([name, value]) =>
    source.properties[name] === value
      ? []
      : [`${id}: ${name} is ${String(source.properties[name])}, not ${value}`],
  );
  const links = Object.entries(about.links ?? {}).flatMap(([type, ids]) => {
    const there = linkedIds(source, type);
    return [...ids].toSorted().join() === there.toSorted().join()
      ? []
      : [`${id}: ${type} are ${there.join()}, not ${ids.join()}`];
  });
  return [...values, ...links];
}
