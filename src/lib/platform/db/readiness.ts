import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { Problem } from '../errors.ts';
import { globalDb } from './database.ts';
import { migrationsFolder } from './migrate.ts';
import { isTransient } from './retry.ts';

const journal = z.object({ entries: z.array(z.object({ when: z.number() })) });

export interface Readiness {
  ready: boolean;
  /** In plain words, when it is not ready. */
  reason: string | null;
}

/** Whether the database responds and has every migration that this code needs. */
export async function checkReadiness(): Promise<Readiness> {
  try {
    const newest = await newestMigration();
    const { rows } = await globalDb().execute<{ applied: string | null }>(
      sql`select max(created_at)::text as applied from drizzle.__drizzle_migrations`,
    );
    const applied = Number(rows[0]?.applied ?? 0);
    return applied >= newest
      ? { ready: true, reason: null }
      : { ready: false, reason: notMigrated };
  } catch (error) {
    return {
      ready: false,
      reason: isTransient(error) ? 'The database does not respond.' : notMigrated,
    };
  }
}

const notMigrated = 'Migrations are missing. Run: npm run migrate';

async function newestMigration(): Promise<number> {
  const text = await readFile(path.join(migrationsFolder, 'meta', '_journal.json'), 'utf8');
  return Math.max(...journal.parse(JSON.parse(text)).entries.map((entry) => entry.when));
}

/**
 * Throws Problem `unavailable` when migrations are missing, or when row-level security does not
 * bind the database role.
 */
export async function assertUsableDatabase(): Promise<void> {
  const { ready, reason } = await checkReadiness();
  if (!ready) throw new Problem('unavailable', `The database is not ready. ${reason ?? ''}`);
  const { rows } = await globalDb().execute<{ bypasses: boolean; owns: boolean }>(sql`
    select rolsuper or rolbypassrls as bypasses,
      exists (
        select from pg_class
        where relname = 'leads' and relnamespace = 'public'::regnamespace and relowner = r.oid
      ) as owns
    from pg_roles r where rolname = current_user`);
  if (rows[0]?.bypasses === true || rows[0]?.owns === true) {
    throw new Problem(
      'unavailable',
      'The database role is not bound by row-level security (superuser, BYPASSRLS or owner). ' +
        'Run: npm run migrate, and set DATABASE_URL to a login that is a member of tributary_app.',
    );
  }
}
