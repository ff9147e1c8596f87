import { sql, type SQL } from 'drizzle-orm';
import { entityDefinition } from '../../entities/registry.ts';
import { countLive } from '../../entities/rows.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { applyDeletion } from '../apply.ts';
import { columnOf, isSuspicious, scopeOf } from '../deletions.ts';
import type { Stream } from '../types.ts';
import { listedIds, ofStream } from './evidence.ts';
import { withDeadParent } from './parents.ts';
import type { Plan } from './plan.ts';
import type { ReplaySource } from './types.ts';

/**
 * The rows that the kept pages prove to be gone, and how many are kept because they are
 * suspiciously many.
 */
export interface Gone {
  condition: SQL;
  count: number;
  heldBack: number;
}

export async function findGone(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
  plan: Plan,
): Promise<Gone | undefined> {
  if (!plan.mayDelete) return undefined;
  const { scope, condition } = goneCondition(source, stream, plan);
  const origin = { ...source, stream: stream.name };
  const count = await countLive(tx, stream.entity, origin, condition);
  if (count === 0) return undefined;
  const isHeld = isSuspicious(
    stream,
    count,
    await countLive(tx, stream.entity, origin, scope),
    source.deletionShare,
  );
  return { condition, count: isHeld ? 0 : count, heldBack: isHeld ? count : 0 };
}

/** Deletes (softly) what was found to be gone. */
export async function deleteGone(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
  { condition, count }: Gone,
): Promise<void> {
  if (count === 0) return;
  const { tenantId, connectionId } = source;
  const place = { tenantId, connectionId, stream: stream.name };
  await applyDeletion(tx, place, stream.entity, condition, new Date());
}

/** The ids of the rows that would be deleted. */
export async function goneIds(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
  { condition, count }: Gone,
): Promise<string[]> {
  if (count === 0) return [];
  const { table } = entityDefinition(stream.entity);
  const { rows } = await tx.execute<{ id: string }>(
    sql`select external_id as id from ${table} where ${ofStream(source, stream)} and deleted_at is null and ${condition}`,
  );
  return rows.map(({ id }) => id);
}

function goneCondition(
  source: ReplaySource,
  stream: Stream,
  { proof, parents }: Plan,
): { scope: SQL; condition: SQL } {
  const unlisted = sql`${columnOf(stream, 'externalId')} not in ${listedIds(source, stream, proof)}`;
  if (parents !== undefined) {
    // A list of a parent that is kept proves what is not on it; without one, nothing is known.
    const isKept = sql`${columnOf(stream, parents.field)} in (select partition from raw_snapshots where ${ofStream(source, stream)} and partition is not null)`;
    return {
      scope: sql`true`,
      condition: sql`(${withDeadParent(source, stream, parents)} or (${isKept} and ${unlisted}))`,
    };
  }
  const scope = proof === undefined ? sql`false` : scopeOf(source, stream, { startedAt: proof.at });
  return { scope, condition: sql`${scope} and ${unlisted}` };
}
