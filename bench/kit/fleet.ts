import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPart, stopPart, type Part as Process } from '../../scripts/processes.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { enqueueDueSyncs } from '#lib/ingest/request.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import type { BenchDatabase } from './cluster.ts';
import { benchEnv } from './environment.ts';

/**
 * Real worker processes, ready for jobs. They have default settings but for those of `settings`.
 */
export async function startWorkers(
  database: BenchDatabase,
  count: number,
  settings: Record<string, string> = {},
): Promise<Process[]> {
  const workers: { part: Process; port: number }[] = [];
  for (let n = 1; n <= count; n += 1) {
    const port = await freePort();
    workers.push({
      port,
      part: startPart(`worker ${n}`, 'worker/index.ts', {
        ...benchEnv(database.appUrl),
        ...settings,
        METRICS_PORT: String(port),
      }),
    });
  }
  for (const { port, part } of workers) await waitUntilHealthy(part, port);
  return workers.map(({ part }) => part);
}

export async function stopWorkers(workers: readonly Process[]): Promise<void> {
  await Promise.all(workers.map((worker) => stopPart(worker)));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** The worker's own server is the last thing that it starts. */
async function waitUntilHealthy({ name, child }: Process, port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null)
      throw new Error(`${name} ended before it was ready (exit code ${child.exitCode}).`);
    const response = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(100);
  }
  throw new Error(`${name} was not ready within a minute`);
}

export interface Member {
  tenantId: string;
  connectionId: string;
}

let made = 0;

/**
 * A tenant with connections to one of the sandbox's accounts, none of them due before somebody says
 * so.
 */
export async function createMembers(
  database: BenchDatabase,
  baseUrl: string,
  account: string,
  count: number,
): Promise<Member[]> {
  made += 1;
  const { id: tenantId } = await createTenant({ slug: `member-${made}`, name: `Member ${made}` });
  const secrets = { webKey: `CT_${account}`, accessToken: `token-${account}` };
  const members: Member[] = [];
  for (let n = 0; n < count; n += 1) {
    const { id } = await createConnection({
      tenantId,
      provider: 'clienttether',
      settings: { baseUrl },
      secrets,
    });
    members.push({ tenantId, connectionId: id });
  }
  await database.query(
    `update connections set due_at = now() + interval '1 day' where tenant_id = $1`,
    [tenantId],
  );
  return members;
}

/**
 * Makes connections due at this moment, and wakes the workers as the tick does. Returns that
 * moment.
 */
export async function makeDue(database: BenchDatabase, members: readonly Member[]): Promise<Date> {
  const ids = members.map(({ connectionId }) => connectionId);
  const dueAt = new Date();
  await database.query('update connections set due_at = $2 where id = any($1::uuid[])', [
    ids,
    dueAt,
  ]);
  await enqueueDueSyncs(dueAt);
  return dueAt;
}

export interface Finished {
  connectionId: string;
  finishedAt: Date;
  pages: number;
  records: number;
}

/**
 * Waits until all of them were synced since `dueAt`. Undefined when that takes too long; throws
 * when one failed.
 */
export async function waitUntilDone(
  database: BenchDatabase,
  members: readonly Member[],
  dueAt: Date,
  patienceSeconds = 180,
): Promise<Finished[] | undefined> {
  const ids = members.map(({ connectionId }) => connectionId);
  for (const end = Date.now() + patienceSeconds * 1000; Date.now() < end; await sleep(100)) {
    const runs = await database.query<Finished & { status: string; errorMessage: string | null }>(
      `select connection_id as "connectionId", status, error_message as "errorMessage",
         finished_at as "finishedAt", pages::int, records::int
       from sync_runs r, lateral (select coalesce(sum(pages), 0) as pages,
         coalesce(sum(fetched), 0) as records from sync_run_streams s
         where s.tenant_id = r.tenant_id and s.run_id = r.id) as books
       where connection_id = any($1::uuid[]) and finished_at > $2`,
      [ids, dueAt],
    );
    const failed = runs.find(({ status }) => status !== 'success');
    if (failed !== undefined)
      throw new Error(`A sync ended as ${failed.status}: ${failed.errorMessage ?? ''}`);
    if (runs.length === ids.length) return runs;
  }
  return undefined;
}
