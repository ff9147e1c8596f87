import { sql } from 'drizzle-orm';
import { globalDb } from '../db/database.ts';
import { periodicTasks } from './schema.ts';

/**
 * Whether this process may run a task now that all processes together run once in `everyMs`. Of
 * those who ask at the same time one may. Nothing has to be given back, so that one that dies or
 * stands still keeps nobody waiting for longer.
 */
export async function claimTask(name: string, everyMs: number): Promise<boolean> {
  // Timers wander a little: one that asks a moment early must not have to wait for another whole
  // turn.
  const minInterval = sql`make_interval(secs => ${(everyMs / 1000) * 0.9})`;
  const claimed = await globalDb()
    .insert(periodicTasks)
    .values({ name, takenAt: sql`now()` })
    .onConflictDoUpdate({
      target: periodicTasks.name,
      set: { takenAt: sql`now()` },
      setWhere: sql`${periodicTasks.takenAt} <= now() - ${minInterval}`,
    })
    .returning({ name: periodicTasks.name });
  return claimed.length > 0;
}
