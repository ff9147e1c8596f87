import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import type { Actor } from '#lib/identity/actor.ts';
import { discardJob, retryJob, retryJobGroup } from '#lib/jobs/failed/resolve.ts';
import { recordGivenUpJob } from '#lib/jobs/failed/record-given-up.ts';
import { isFailedJobOpen } from '#lib/jobs/failed/store.ts';
import { newId } from '../../src/lib/platform/id.ts';
import { registerSecret } from '../../src/lib/platform/secrets.ts';
import { closeQueue, enqueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;
let actor: Actor;
let worker: TestProcess | undefined;

beforeAll(async () => {
  sandbox = await startSandbox({ now: Date.UTC(2026, 10, 20) });
  workspace = await createWorkspace(sandbox, 'summit');
  const { user } = await createUser({
    email: 'admin@jobs.test',
    name: 'Ana Diaz',
    tenantSlug: 'summit',
    role: 'admin',
  });
  actor = { tenantId: workspace.tenant.id, userId: user.id };
});
afterEach(async () => {
  worker?.child.kill('SIGKILL');
  await worker?.exited;
  worker = undefined;
  await db.query('delete from dead_letters');
  await db.query('delete from pgboss.job');
});
afterAll(async () => {
  await closeQueue();
  await sandbox.close();
});

interface Letter {
  id: string;
  subject: string;
  job: string;
  kind: string;
  reason: string;
  attempts: number;
  resolution: string | null;
  resolved_by: string | null;
  note: string | null;
  payload: Record<string, unknown>;
}
const letters = () => db.query<Letter>('select * from dead_letters order by created_at, id');
const queued = () =>
  db.query<{ name: string; data: Record<string, unknown>; key: string }>(
    `select name, data, singleton_key as key from pgboss.job where state = 'created' order by id`,
  );
const records = (kind: string) => ({
  tenantId: actor.tenantId,
  connectionId: workspace.connection.id,
  stream: 'clients',
  kind,
  after: null,
  requestedBy: null,
});
const given = (payload: object, output: object = { message: 'Out of luck' }) => ({
  queue: 'retry-records',
  payload,
  output,
  attempts: 4,
});
const keep = async (kind = 'created') => {
  await recordGivenUpJob(given(records(kind)));
  return (await letters()).at(-1) as Letter;
};

describe('a job that the queue gives up', () => {
  it('is recorded as failed when its handler fails or its worker dies, once for each subject', async () => {
    await enqueue('retry-records', records('fails'), { key: 'fails' });
    await enqueue('retry-records', records('dies'), { key: 'dies' });
    await db.query(
      `update pgboss.job
       set data = data || '{"connectionId":"no-id"}'
       where singleton_key = 'fails'`,
    );
    await enqueue('retry-records', records('breaks'), { key: 'breaks' });
    await db.query(`update pgboss.job set retry_limit = 0`);
    await db.query(
      `update pgboss.job
       set state = 'active', started_on = now() - interval '5 minutes',
         heartbeat_on = now() - interval '5 minutes'
       where singleton_key = 'dies'`,
    );
    await db.query(`update connections set provider = 'gone'`);
    worker = startProcess('worker/index.ts', db.url);
    await until('both jobs have failed', async () => (await letters()).length === 2);
    await db.query(`update connections set provider = 'clienttether'`);
    const of = (kind: string) =>
      letters().then((all) =>
        all.find(({ subject }) => subject === `${workspace.connection.id}/${kind}/clients`),
      );
    expect(await of('dies')).toMatchObject({
      job: 'retry-records',
      kind: 'worker_lost',
      attempts: 1,
      reason: 'The worker stopped while it was running this job (once).',
    });
    expect(await of('breaks')).toMatchObject({
      job: 'retry-records',
      kind: 'failed',
      payload: records('breaks'),
    });
    await until(
      'the job of nobody is only logged',
      () => worker?.output().includes('"job.lost"') === true,
    );
    expect(
      await isFailedJobOpen(
        actor.tenantId,
        'retry-records',
        `${workspace.connection.id}/dies/clients`,
      ),
    ).toBe(true);
    expect(
      await isFailedJobOpen(
        actor.tenantId,
        'retry-records',
        `${workspace.connection.id}/other/clients`,
      ),
    ).toBe(false);
  });

  it('a second time counts as another failure of the same', async () => {
    await keep();
    await recordGivenUpJob(
      given(
        { ...records('created'), after: newId(), requestedBy: actor.userId },
        { value: { message: 'job timed out' } },
      ),
    );
    expect(await letters()).toMatchObject([
      { kind: 'timed_out', attempts: 8, reason: 'The job took longer than allowed (4 times).' },
    ]);
  });

  it('of nobody, of no job or of a connection that is gone is not kept', async () => {
    await recordGivenUpJob(given({ nothing: true }));
    await recordGivenUpJob({ ...given(records('created')), queue: 'no-such-job' });
    await recordGivenUpJob({ ...given(records('created')), queue: null });
    await recordGivenUpJob(given({ ...records('created'), connectionId: newId() }));
    expect(await letters()).toEqual([]);
  });

  it('tells its reason without secrets, whatever it holds', async () => {
    registerSecret('a-secret-in-use');
    await recordGivenUpJob(
      given(records('created'), { message: `Refused a-secret-in-use\u0000 ${'x'.repeat(10_000)}` }),
    );
    const [letter] = await letters();
    expect(letter?.reason).toMatch(/^Refused \[secret\] x+$/);
    expect(letter?.reason.length).toBeLessThan(600);
  });
});

describe('a failed job', () => {
  it('is queued again on behalf of whoever retries it, once', async () => {
    const { id } = await keep();
    const outcomes = await Promise.allSettled([retryJob(actor, id), retryJob(actor, id)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find((outcome) => outcome.status === 'rejected')?.reason).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('was retried by Ana Diaz') as string,
    });
    expect(await letters()).toMatchObject([{ resolution: 'retried', resolved_by: actor.userId }]);
    expect(await queued()).toEqual([
      {
        name: 'retry-records',
        key: `retry/${id}`,
        data: { ...records('created'), requestedBy: actor.userId },
      },
    ]);
  });

  it('is asked for by hand when the schedule had asked for it', async () => {
    await recordGivenUpJob({
      queue: 'sync-connection',
      attempts: 4,
      output: {},
      payload: {
        tenantId: actor.tenantId,
        connectionId: workspace.connection.id,
        trigger: 'schedule',
        requestedBy: null,
      },
    });
    const [letter] = await letters();
    expect(letter).toMatchObject({
      subject: workspace.connection.id,
      reason: 'The job failed without a message.',
    });
    await retryJob(actor, letter?.id ?? '');
    expect(await queued()).toMatchObject([
      { data: { trigger: 'manual', requestedBy: actor.userId } },
    ]);
  });

  it('is queued and resolved together, or neither', async () => {
    const { id } = await keep();
    await db.query(`update dead_letters set payload = '{"stream":7}'`);
    await expect(retryJob(actor, id)).rejects.toMatchObject({ code: 'conflict' });
    expect(await letters()).toMatchObject([{ resolution: null }]);
    expect(await queued()).toEqual([]);
  });

  it('is retried with all of its kind', async () => {
    await keep('created');
    await keep('name');
    await recordGivenUpJob(given(records('email'), { value: { message: 'job timed out' } }));
    expect(await retryJobGroup(actor, { job: 'retry-records', kind: 'failed' })).toBe(2);
    await expect(
      retryJobGroup(actor, { job: 'retry-records', kind: 'failed' }),
    ).rejects.toMatchObject({ code: 'conflict' });
    expect((await letters()).filter(({ resolution }) => resolution === null)).toMatchObject([
      { kind: 'timed_out' },
    ]);
    expect(await queued()).toHaveLength(2);
  });

  it('is discarded with a reason, and may fail anew afterwards', async () => {
    const { id } = await keep();
    await expect(discardJob(actor, id, ' ')).rejects.toMatchObject({ code: 'bad_request' });
    await discardJob(actor, id, 'No longer needed');
    expect(await letters()).toMatchObject([
      { resolution: 'discarded', resolved_by: actor.userId, note: 'No longer needed' },
    ]);
    await expect(discardJob(actor, id, 'Me too')).rejects.toMatchObject({ code: 'conflict' });
    await keep();
    expect(await letters()).toHaveLength(2);
  });

  it('of another workspace is an absent one', async () => {
    const { id } = await keep();
    const other = await createWorkspace(sandbox, 'summit', 'other');
    await createConnection({
      tenantId: other.tenant.id,
      provider: 'clienttether',
      settings: { baseUrl: sandbox.clienttether.baseUrl },
      secrets: { webKey: 'key', accessToken: 'token' },
    });
    const foreigner = { tenantId: other.tenant.id, userId: null };
    await expect(retryJob(foreigner, id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(discardJob(foreigner, id, 'Mine')).rejects.toMatchObject({ code: 'not_found' });
    await expect(retryJob(actor, 'no-id')).rejects.toMatchObject({ code: 'not_found' });
    expect(await letters()).toMatchObject([{ resolution: null }]);
  });
});
