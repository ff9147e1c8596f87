import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { createHttpClient } from '../../src/lib/platform/http/client.ts';
import { claimRun } from '#lib/ingest/claim-run.ts';
import { whileRunHeld } from '#lib/ingest/lease.ts';
import { syncStream } from '#lib/ingest/sync-stream.ts';
import { finishRun } from '#lib/ingest/finish-run.ts';
import type { Source, StreamReport } from '#lib/ingest/types.ts';
import { useDatabase } from '../kit/environment.ts';
import { serve } from '../kit/helper.ts';
import { openAccount, buildRequest, type Account } from './account.ts';
import { measured, type SideJob, type SideResult } from './sides.ts';

/** Our side, as a process of its own: one run of the connection, as a worker does it. */

serve<SideJob, SideResult>(async ({ databaseUrl, account }) => {
  await useDatabase(databaseUrl);
  const result = await measured(async () => {
    const reports = await sync(account);
    return reports.reduce((sum, { fetched }) => sum + fetched, 0);
  });
  await closeDatabase();
  return result;
});

async function sync(account: Account): Promise<StreamReport[]> {
  const request = buildRequest(account);
  const run = await claimRun(request);
  const http = createHttpClient({ allowedHosts: ['127.0.0.1'], allowLoopback: true });
  const source = await openAccount(account, run, http);
  try {
    return await whileRunHeld(request, run, async () => {
      const reports = await syncStreams(source);
      const { status, errorMessage } = await finishRun(request, run, reports, undefined);
      if (status !== 'success')
        throw new Error(`The sync ended as ${status}: ${errorMessage ?? ''}`);
      return reports;
    });
  } finally {
    await http.close();
  }
}

async function syncStreams(source: Source): Promise<StreamReport[]> {
  const reports: StreamReport[] = [];
  for (const stream of source.streams) reports.push((await syncStream(source, stream)).report);
  return reports;
}
