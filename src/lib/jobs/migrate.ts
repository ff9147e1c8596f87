import { jobNames } from './jobs.ts';
import { migrateSchema, withMigrationLock } from '../platform/db/migrate.ts';
import { log } from '../platform/log.ts';
import { installQueue } from '../platform/queue/queue.ts';
import { appRights } from '../schema/rights.ts';
import { handOverSearch } from '../schema/search-function.ts';

const appGrants = Object.fromEntries(
  Object.entries(appRights).map(([table, { may }]) => [table, may]),
);

/** Brings database and queue up to date. Safe to run at any time, even concurrently. */
export function migrateAll(ownerUrl: string): Promise<void> {
  return withMigrationLock(ownerUrl, async (client) => {
    await migrateSchema(client, appGrants);
    if (!(await handOverSearch(client))) warnOfSlowSearch();
    await installQueue(ownerUrl, client, jobNames);
  });
}

function warnOfSlowSearch(): void {
  log.warn(
    { event: 'search.index_unused' },
    'Searches of leads read all words of the workspace, because the owner of the database may not ' +
      'give the function search_leads to the role tributary_search. As superuser, run: grant ' +
      'tributary_search to <owner>. Then run: npm run migrate',
  );
}
