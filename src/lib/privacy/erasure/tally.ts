/** What an erasure did, in rows by table. */
export interface Tally {
  removed: Map<string, number>;
  changed: Map<string, number>;
}

export const createTally = (): Tally => ({ removed: new Map(), changed: new Map() });

/** Adds to the rows of a table; nothing for zero. */
export function count(counts: Map<string, number>, table: string, rows: number): void {
  if (rows > 0) counts.set(table, (counts.get(table) ?? 0) + rows);
}
