import { sql } from 'drizzle-orm';
import { globalDb } from '../db/database.ts';
import { periodicTasks } from './schema.ts';

/**
 * Claims the current turn of a task that all processes together run once in `everyMs` milliseconds.
 * Of several processes that claim it at the same time, one gets true. A claim ends by itself, so a
 * process that dies or stalls delays the others by one turn at most.
 */
export async function claimTask(name: string, everyMs: number): Promise<boolean> {
  // Timers are not exact: a claim that comes a moment early must not wait for another whole turn.
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
