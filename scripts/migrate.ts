import { config, ConfigError } from '../src/lib/platform/config.ts';
import { migrateAll } from '#lib/jobs/migrate.ts';
import { safeReason } from '../src/lib/platform/secrets.ts';

/** Migrates the database and the queue, as DATABASE_OWNER_URL when it is set. */
try {
  await migrateAll(config().DATABASE_OWNER_URL ?? config().DATABASE_URL);
  process.stdout.write('The database is up to date.\n');
} catch (error) {
  const hint =
    error instanceof ConfigError
      ? ''
      : '\nCheck that the database is reachable and that ' +
        'DATABASE_OWNER_URL may create tables and roles.';
  process.stderr.write(`${safeReason(error)}${hint}\n`);
  process.exitCode = 1;
}
