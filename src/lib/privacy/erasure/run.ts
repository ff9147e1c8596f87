import { and, eq, sql } from 'drizzle-orm';
import { z } from 'zod';
import { readTenant, retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { loadSuppression, type Suppression } from '../../ingest/suppression/suppression.ts';
import { log } from '../../platform/log.ts';
import { erasures } from '../../schema/erasures.ts';
import { streamStates } from '../../schema/sync.ts';
import { eraseFromBodies } from './bodies.ts';
import { eraseFromRows } from './rows.ts';
import { eraseFromTables } from './tables.ts';
import { createTally, type Tally } from './tally.ts';

/** The parts of the work, in order, and where within one it continues. */
const phases = ['rows', 'bodies', 'tables'] as const;
const positionSchema = z.object({ phase: z.enum(phases), after: z.string().nullable() });
type Position = z.output<typeof positionSchema>;

/** One part of the work: erases from `after` on, and returns where it stopped; null at the end. */
type Phase = (
  tenantId: string,
  suppression: Suppression,
  after: string | null,
  tally: Tally,
  isOver: () => boolean,
) => Promise<string | null>;

const steps: Record<Position['phase'], Phase> = {
  rows: eraseFromRows,
  bodies: eraseFromBodies,
  tables: eraseFromTables,
};

/**
 * Removes everybody on the erasure list from what is stored, and writes the receipt of one erasure.
 * It compares what is stored with the list, as syncs do with what arrives, so it needs no name or
 * address and may run again at any time, for example after a backup was restored. Returns whether
 * it is complete; else the next call continues.
 */
export async function runErasure(
  tenantId: string,
  erasureId: string,
  isOver: () => boolean = () => false,
): Promise<boolean> {
  let position = await begin(tenantId, erasureId);
  const suppression = await readTenant(tenantId, (tx) => loadSuppression(tx, tenantId));
  while (position !== null) {
    const tally = createTally();
    const { phase, after }: Position = position;
    const stoppedAt = await steps[phase](tenantId, suppression, after, tally, isOver);
    position = stoppedAt === null ? nextPhase(phase) : { phase, after: stoppedAt };
    await saveProgress(tenantId, erasureId, position, tally);
    if (position !== null && isOver()) return false;
  }
  log.info({ event: 'person.erased', tenantId }, 'A person was erased from a workspace');
  return true;
}

function nextPhase(phase: Position['phase']): Position | null {
  const next = phases[phases.indexOf(phase) + 1];
  return next === undefined ? null : { phase: next, after: null };
}

/**
 * Waits for pages that are being stored, by taking the lock of every stream once: whoever stores
 * the next one finds the list. Returns where the work continues.
 */
function begin(tenantId: string, erasureId: string): Promise<Position | null> {
  return retryInTenant(tenantId, async (tx) => {
    await tx
      .select({ version: streamStates.version })
      .from(streamStates)
      .where(eq(streamStates.tenantId, tenantId))
      .orderBy(streamStates.connectionId, streamStates.stream)
      .for('update');
    const [row] = await tx
      .update(erasures)
      .set({ state: 'running' })
      .where(and(eq(erasures.tenantId, tenantId), eq(erasures.id, erasureId)))
      .returning({ position: erasures.position });
    if (row === undefined) return null;
    return positionSchema.safeParse(row.position).data ?? { phase: 'rows', after: null };
  });
}

async function saveProgress(
  tenantId: string,
  erasureId: string,
  position: Position | null,
  { removed, changed }: Tally,
): Promise<void> {
  const end = position === null ? { state: 'done' as const, finishedAt: new Date() } : {};
  await retryInTenant(tenantId, async (tx) => {
    const own = and(eq(erasures.tenantId, tenantId), eq(erasures.id, erasureId));
    const [row] = await tx.select().from(erasures).where(own).for('update');
    if (row === undefined) return;
    await tx
      .update(erasures)
      .set({
        ...end,
        position: position === null ? sql`null` : position,
        removed: addCounts(row.removed, removed),
        changed: addCounts(row.changed, changed),
      })
      .where(own);
  });
}

function addCounts(
  before: Record<string, number>,
  more: ReadonlyMap<string, number>,
): Record<string, number> {
  const sums = new Map(Object.entries(before));
  for (const [table, count] of more) sums.set(table, (sums.get(table) ?? 0) + count);
  return Object.fromEntries(sums);
}
