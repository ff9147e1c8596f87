import { jobNames } from './jobs.ts';
import { migrateSchema, withMigrationLock } from '../platform/db/migrate.ts';
import { installQueue } from '../platform/queue/queue.ts';
import { appRights } from '../schema/rights.ts';

const appGrants = Object.fromEntries(
  Object.entries(appRights).map(([table, { may }]) => [table, may]),
);

/** Brings database and queue up to date. Safe to run at any time, even concurrently. */
export function migrateAll(ownerUrl: string): Promise<void> {
  return withMigrationLock(ownerUrl, async (client) => {
    await migrateSchema(client, appGrants);
    await installQueue(ownerUrl, client, jobNames);
  });
}
