import type { Fingerprint } from './fingerprint.ts';

interface TableReport {
  table: string;
  rows: number;
  restored: number;
  verdict: 'same' | 'differs' | 'missing' | 'lost' | 'not in the source' | 'changed since';
}

export interface Comparison {
  tables: TableReport[];
  /**
   * Definitions that only one side has: `lost` ones are missing from the restored database, `new`
   * ones from the source.
   */
  shape: { lost: string[]; new: string[] };
  identical: boolean;
}

/**
 * Compares the source with the restored database. An older file (`older`) may differ from the
 * current source in its rows, but a table with rows may not come back empty: row-level security
 * emptied such a backup.
 */
export function compare(
  source: Fingerprint,
  restored: Fingerprint,
  { older = false } = {},
): Comparison {
  const names = [...new Set([...source.tables.keys(), ...restored.tables.keys()])].toSorted();
  const tables = names.map((table) => compareTable(table, source, restored, older));
  const shape = {
    lost: listMissing(source.shape, restored.shape, older),
    new: listMissing(restored.shape, source.shape, older),
  };
  const fine = tables.every(({ verdict }) => verdict === 'same' || verdict === 'changed since');
  return { tables, shape, identical: fine && shape.lost.length === 0 && shape.new.length === 0 };
}

function compareTable(
  table: string,
  source: Fingerprint,
  restored: Fingerprint,
  older: boolean,
): TableReport {
  const [before, after] = [source.tables.get(table), restored.tables.get(table)];
  const report = (verdict: TableReport['verdict']): TableReport => ({
    table,
    rows: before?.rows ?? 0,
    restored: after?.rows ?? 0,
    verdict,
  });
  if (after === undefined) return report('missing');
  if (before === undefined) return report('not in the source');
  if (before.rows === after.rows && before.digest === after.digest) return report('same');
  if (before.rows > 0 && after.rows === 0) return report('lost');
  return report(older ? 'changed since' : 'differs');
}

function listMissing(from: Set<string>, to: Set<string>, older: boolean): string[] {
  return [...from]
    .filter((line) => !to.has(line) && !(older && line.startsWith('sequence: ')))
    .toSorted();
}
