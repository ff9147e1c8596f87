import { sql, type SQL } from 'drizzle-orm';
import { getEntityDefinition } from '../../entities/registry.ts';
import { countLive } from '../../entities/rows.ts';
import { withHashing } from '../../platform/db/planner.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { applyDeletion } from '../apply.ts';
import { getColumn, isSuspicious, whereInScope } from '../deletions.ts';
import type { Stream } from '../types.ts';
import { whereStream } from '../stream-key.ts';
import { selectListedIds } from './evidence.ts';
import { whereParentDeleted } from './parents.ts';
import type { ReplayPlan } from './plan.ts';
import type { ReplaySource } from './types.ts';

/**
 * The rows that the stored pages prove to be gone. When they are suspiciously many, `count` is 0
 * and `heldBack` says how many there are.
 */
export interface AbsentRows {
  condition: SQL;
  count: number;
  heldBack: number;
}

export async function findAbsentRows(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
  plan: ReplayPlan,
): Promise<AbsentRows | undefined> {
  if (!plan.mayDelete) return undefined;
  const { scope, condition } = whereAbsent(source, stream, plan);
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

/** Deletes (softly) the absent rows, unless they are held back. */
export async function deleteAbsentRows(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
  { condition, count }: AbsentRows,
): Promise<void> {
  if (count === 0) return;
  const { tenantId, connectionId } = source;
  const place = { tenantId, connectionId, stream: stream.name };
  await applyDeletion(tx, place, stream.entity, condition, new Date());
}

/** The ids of the rows that would be deleted. */
export async function listAbsentIds(
  tx: Tx,
  source: ReplaySource,
  stream: Stream,
  { condition, count }: AbsentRows,
): Promise<string[]> {
  if (count === 0) return [];
  const { table } = getEntityDefinition(stream.entity);
  const absent = sql`select external_id as id from ${table} where ${whereStream(source, stream)}
    and deleted_at is null and ${condition}`;
  const { rows } = await withHashing(tx, () => tx.execute<{ id: string }>(absent));
  return rows.map(({ id }) => id);
}

function whereAbsent(
  source: ReplaySource,
  stream: Stream,
  { proof, parents }: ReplayPlan,
): { scope: SQL; condition: SQL } {
  const unlisted = sql`${getColumn(stream, 'externalId')} not in
    ${selectListedIds(source, stream, proof)}`;
  if (parents !== undefined) {
    const isOrphan = whereParentDeleted(source, stream, parents);
    // A stored list of a parent proves the absence of what is not on it; without a list, nothing is
    // known.
    const isKept = sql`${getColumn(stream, parents.field)} in (select partition from raw_snapshots
      where ${whereStream(source, stream)} and partition is not null)`;
    return {
      scope: sql`true`,
      condition: sql`(${isOrphan} or (${isKept} and ${unlisted}))`,
    };
  }
  const scope =
    proof === undefined ? sql`false` : whereInScope(source, stream, { startedAt: proof.at });
  return { scope, condition: sql`${scope} and ${unlisted}` };
}
