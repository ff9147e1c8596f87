import { sql, type SQL } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { whereStream, type StreamKey } from '../stream-key.ts';

/* The rejections of one pass: those whose newest snapshot belongs to it. */

/** A pass over a stream. */
export interface PassKey extends StreamKey {
  passId: string;
}

/** How many items of the pass are rejected and open. */
export async function countOpenRejections(tx: Tx, pass: PassKey): Promise<number> {
  const { rows } = await tx.execute<{ open: number }>(sql`
    select count(*)::int as open from record_errors
    where ${whereOfPass(pass)} and resolved_at is null`);
  return rows[0]?.open ?? 0;
}

/** For a larger statement: how many items of the pass were rejected and have no id. */
export const countRejectedWithoutId = (pass: PassKey): SQL =>
  sql`select count(*) from record_errors
    where ${whereOfPass(pass)} and item_key like 'digest:%'`;

/**
 * Resolves the rejections of items that a complete pass did not list: the source has deleted them,
 * or sends them under another key.
 */
export async function resolveGoneRejections(tx: Tx, pass: PassKey): Promise<void> {
  await tx.execute(sql`
    update record_errors set resolved_at = now(), resolution = 'gone'
    where ${whereOwnStream(pass)} and resolved_at is null and not (${whereOfPass(pass)})`);
}

const whereOfPass = (pass: PassKey): SQL =>
  sql`${whereOwnStream(pass)} and snapshot_id in (
    select id from raw_snapshots
    where ${whereOwnStream(pass)} and pass_id = ${pass.passId})`;

const whereOwnStream = (pass: PassKey): SQL => whereStream(pass, { name: pass.stream });
