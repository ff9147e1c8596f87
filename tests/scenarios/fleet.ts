import { expect } from 'vitest';
import type { Sandbox } from '../../sandbox/index.ts';
import { retryJobGroup } from '#lib/jobs/failed/resolve.ts';
import { enqueueDueSyncs } from '#lib/ingest/request.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { times } from '../helpers/deep.ts';
import { startProcess, type TestProcess } from '../helpers/processes.ts';
import { createWorkspace, type Workspace, type WorkspaceOptions } from '../helpers/workspace.ts';

/**
 * Short leases and slices, so that hands change often. One tenant may have many jobs, because a
 * killed worker's count until their heartbeat runs out.
 */
export const quickHands = {
  SYNC_LEASE_SECONDS: '2',
  SYNC_SLICE_SECONDS: '2',
  SYNC_TENANT_CONCURRENCY: '64',
};

interface Member {
  name: string;
  process: TestProcess;
}

/** Worker processes, each of which logs in to the database under a name of its own. */
export class Fleet {
  readonly #db: TestDatabase;
  readonly #env: Record<string, string>;
  readonly #members: Member[] = [];
  #started = 0;

  constructor(db: TestDatabase, env: Record<string, string> = quickHands) {
    this.#db = db;
    this.#env = env;
  }

  async start(env: Record<string, string> = {}): Promise<TestProcess> {
    this.#started += 1;
    const login = new URL(this.#db.url);
    const name = `${login.pathname.slice(1)}_w${this.#started}`;
    await this.#db.query(`create role ${name} login password 'worker' in role tributary_app`);
    Object.assign(login, { username: name, password: 'worker' });
    const process = startProcess('worker/index.ts', login.href, { ...this.#env, ...env });
    this.#members.push({ name, process });
    return process;
  }

  /** The process that logs in as `name`. */
  find(name: string): TestProcess {
    const found = this.#members.find((member) => member.name === name);
    if (found === undefined) throw new Error(`No worker is called ${name}`);
    return found.process;
  }

  /** The name that a process logs in with. */
  listNames(process: TestProcess): string[] {
    return this.#members.filter((member) => member.process === process).map(({ name }) => name);
  }

  async kill({ child, exited }: TestProcess): Promise<void> {
    child.kill('SIGKILL');
    await exited;
  }

  /** Ends them all, and sees that none of them had come upon an error that nobody caught. */
  async end(): Promise<void> {
    for (const { process } of this.#members) await this.kill(process);
    for (const { process } of this.#members)
      expect(process.output()).not.toMatch(/uncaught|unhandled|^\s+at /im);
    for (const { name } of this.#members.splice(0)) {
      await this.#db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${name}'`,
      );
      await this.#db.query(`drop role if exists ${name}`).catch(() => {});
    }
  }
}

/** One tenant for each account of the sandbox, called like it. */
export async function settle(
  sandbox: Sandbox,
  accounts: readonly string[],
  options: WorkspaceOptions = {},
): Promise<Workspace[]> {
  const workspaces = [];
  for (const account of accounts)
    workspaces.push(await createWorkspace(sandbox, account, account, options));
  return workspaces;
}

/**
 * What people and the clock do meanwhile: failed runs are retried by hand, and when nothing is
 * being synced, everything is due again.
 */
export async function keepBusy(db: TestDatabase): Promise<number> {
  const retried = await retrySetAside(db);
  if ((await db.query(`select 1 from sync_runs where status = 'running'`)).length === 0)
    await makeDue(db);
  return retried;
}

/**
 * Retries the runs that ended their worker three times, as a person does who looks at the list of
 * failed jobs.
 */
async function retrySetAside(db: TestDatabase): Promise<number> {
  const waiting = await db.query<{ tenant_id: string }>(
    `select distinct tenant_id
     from dead_letters
     where job = 'sync-connection' and kind = 'worker_lost' and resolved_at is null`,
  );
  let retried = 0;
  for (const { tenant_id: tenantId } of waiting)
    retried += await retryJobGroup(
      { tenantId, userId: null },
      { job: 'sync-connection', kind: 'worker_lost' },
    );
  return retried;
}

export async function makeDue(db: TestDatabase): Promise<void> {
  await db.query(`update connections set due_at = now() - interval '1 second'`);
  await enqueueDueSyncs();
}

/**
 * Every tenant has a successful run, and of each stream a pass, that began after this was called: a
 * run may end a pass that an earlier one began, which has not seen what changed behind it. Retries
 * and wakes as people and the clock do.
 */
export async function convergeAll(
  db: TestDatabase,
  workspaces: readonly Workspace[],
): Promise<void> {
  const [{ now } = { now: '' }] = await db.query<{ now: string }>(
    'select clock_timestamp()::text as now',
  );
  const deadline = Date.now() + times(240_000, 900_000);
  for (;;) {
    await retrySetAside(db);
    const fresh = await db.query<{ tenant_id: string }>(
      `select distinct r.tenant_id from sync_runs r
       where r.status = 'success' and r.started_at > $1
         and not exists (select from stream_states s
           where s.tenant_id = r.tenant_id and (s.fresh_at is null or s.fresh_at <= $1))`,
      [now],
    );
    if (fresh.length === workspaces.length) return;
    if (Date.now() > deadline) {
      const runs = await db.query(
        `select status, error_message, losses, lease, started_at from sync_runs
         order by started_at desc limit 10`,
      );
      throw new Error(
        `Only ${fresh.length} of ${workspaces.length} tenants were synced: ${JSON.stringify(runs)}`,
      );
    }
    await wakeIdle(
      db,
      fresh.map((row) => row.tenant_id),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/**
 * Wakes the connections that nobody holds, but for those of the tenants that are done: as the
 * hourly tick does, only sooner.
 */
async function wakeIdle(db: TestDatabase, done: readonly string[]): Promise<void> {
  await db.query(
    `update connections c
     set due_at = now() - interval '1 second'
     where tenant_id <> all($1) and (due_at is null or due_at > now())
    and not exists (select from sync_runs r
      where r.tenant_id = c.tenant_id and r.connection_id = c.id and r.status = 'running'
      and r.lease_until > now())`,
    [done],
  );
  await enqueueDueSyncs();
}
