import { beforeEach, describe, expect, it } from 'vitest';
import {
  cancelReferralChange,
  getReferralChanges,
  updateReferral,
} from '#lib/outbound/actions/referral.ts';
import { writeBackJob } from '../../../worker/jobs/write-back.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { startProcess, until } from '../../helpers/processes.ts';
import {
  atSource,
  by,
  db,
  done,
  fresh,
  one,
  patch,
  requests,
  sandbox,
  tenantId,
  trail,
} from './stage.ts';

allowForLoad();
let referral: { externalId: string; id: string };
beforeEach(async () => {
  referral = await fresh();
});
const update = (status = 'Active', substatus = 'Accepted') =>
  updateReferral(tenantId, referral.id, { wanted: { status, substatus } }, by);
const changes = () => getReferralChanges(tenantId, referral.id);
const jobs = () =>
  db.query<{ key: string; in_seconds: number }>(
    `select singleton_key as key, extract(epoch from start_after - now())::float8 as in_seconds
     from pgboss.job
     where name = 'write-back'
     order by start_after`,
  );
/** Lets the time come that a change waits for, and does its job. */
async function nextAttempt() {
  await db.query(`update write_backs set next_attempt_at = now() where outcome = 'waiting'`);
  await db.query('delete from rate_budgets');
  await db.query('delete from circuits');
  return runJob();
}
async function runJob() {
  const { last } = await changes();
  const payload = { tenantId, writeBackId: last?.id ?? '' };
  return writeBackJob(payload, new AbortController().signal);
}

describe('a change that Partner Center cannot take right now', () => {
  it('waits as long as a 429 asks for, says so, and is sent by a job', async () => {
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '57', endpoint: patch, next: 1 });
    const end = await update();
    expect(end).toMatchObject({ outcome: 'waiting', state: { status: 'Active' } });
    const wait = end.outcome === 'waiting' ? (end.nextAttemptAt?.getTime() ?? 0) - Date.now() : 0;
    expect(wait).toBeGreaterThan(50_000);
    expect(wait).toBeLessThan(60_000);
    const { last } = await changes();
    expect(last).toMatchObject({
      outcome: 'waiting',
      message: 'Partner Center takes no more requests for now.',
    });
    // One job for the time that was asked for, and one in case this process dies.
    const [job] = await jobs();
    expect(job).toMatchObject({ key: `${last?.id}/1` });
    expect(job?.in_seconds).toBeGreaterThan(50);
    expect(await runJob()).toEqual({ kind: 'ok' });
    expect(requests(patch)).toEqual([429]);
    expect(await nextAttempt()).toEqual({ kind: 'ok' });
    expect(requests(patch)).toEqual([429, 200]);
    expect(atSource(referral.externalId)).toMatchObject({ status: 'Active' });
    expect(await changes()).toMatchObject({ last: { outcome: 'done', message: null } });
    expect(await runJob()).toEqual({ kind: 'ok' });
    expect(requests(patch)).toEqual([429, 200]);
  });

  it('waits after a 503 and a 429 of the read as well, longer each time', async () => {
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: patch, next: 1 });
    const waits: number[] = [];
    const measure = async () => {
      const { last } = await changes();
      waits.push((last?.nextAttemptAt?.getTime() ?? 0) - Date.now());
      return last?.message;
    };
    expect(await update()).toMatchObject({ outcome: 'waiting' });
    expect(await measure()).toBe('Partner Center is not available right now.');
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: one, next: 1 });
    await nextAttempt();
    await measure();
    sandbox.faults.arm({ kind: 'rate_limited', endpoint: one, next: 1 });
    await nextAttempt();
    await measure();
    expect(waits.toSorted((a, b) => a - b)).toEqual(waits);
    await nextAttempt();
    expect(await trail()).toMatchObject([{ outcome: 'done' }]);
    expect(requests(patch)).toEqual([503, 200]);
  });

  it('looks before it repeats a change that was lost after it took effect', async () => {
    sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, endpoint: patch, next: 1 });
    sandbox.faults.arm({ kind: 'status', status: 502, endpoint: one, after: 1, next: 1 });
    expect(await update()).toMatchObject({
      outcome: 'waiting',
      message: expect.stringContaining('not known whether the change arrived') as string,
    });
    await nextAttempt();
    expect(requests(patch)).toEqual([502]);
    expect(await changes()).toMatchObject({ last: { outcome: 'done' } });
  });

  it('finds a colleague who was faster while it waited', async () => {
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '57', endpoint: patch, next: 1 });
    await update();
    sandbox.clock.shift(1000);
    sandbox.partnerCenter.mutate('partner', {
      changes: [
        { op: 'update', id: referral.externalId, row: { status: 'Closed', substatus: 'Declined' } },
      ],
    });
    await nextAttempt();
    expect(requests(patch)).toEqual([429]);
    expect(await changes()).toMatchObject({
      last: { outcome: 'conflict' },
      conflict: { found: { substatus: 'Declined' }, mayWriteOurs: false },
    });
  });

  it('can be taken back, and is replaced by a newer one', async () => {
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '57', endpoint: patch, next: 1 });
    await update();
    const first = (await changes()).last?.id ?? '';
    await cancelReferralChange(tenantId, referral.id, first);
    await expect(cancelReferralChange(tenantId, referral.id, first)).rejects.toMatchObject({
      code: 'conflict',
    });
    await nextAttempt();
    expect(requests(patch)).toEqual([429]);
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: patch, next: 1 });
    expect(await update()).toMatchObject({ outcome: 'waiting' });
    await db.query('delete from circuits');
    expect(await update('Closed', 'Declined')).toEqual(done('Closed', 'Declined'));
    await nextAttempt();
    expect((await trail()).map(({ outcome }) => outcome)).toEqual([
      'withdrawn',
      'withdrawn',
      'done',
    ]);
  });

  it('has failed after a day, in words that say so', async () => {
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: patch, next: 2 });
    await update();
    await db.query(`update write_backs set created_at = now() - interval '24 hours'`);
    await nextAttempt();
    expect(await changes()).toMatchObject({
      last: {
        outcome: 'failed',
        message: expect.stringContaining('could not be delivered within a day') as string,
      },
    });
  });

  it('is made by one process at a time, and taken over from one that died', async () => {
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '57', endpoint: patch, next: 1 });
    await update();
    await db.query('delete from rate_budgets');
    await db.query(`update write_backs set next_attempt_at = now()`);
    sandbox.faults.arm({ kind: 'latency', ms: 500, endpoint: patch, next: 1 });
    const ends = await Promise.all([runJob(), runJob(), runJob()]);
    expect(ends.filter(({ kind }) => kind === 'ok')).toHaveLength(1);
    expect(ends.filter(({ kind }) => kind === 'again')).toHaveLength(2);
    expect(requests(patch)).toEqual([429, 200]);
    // As a process leaves it behind that died with the change on its way.
    await db.query(
      `update write_backs
       set outcome = 'sent', finished_at = null, attempted_at = now() - interval '6 minutes'`,
    );
    expect(await runJob()).toEqual({ kind: 'ok' });
    expect(requests(patch)).toEqual([429, 200]);
    expect(await trail()).toMatchObject([{ outcome: 'done' }]);
    await db.query(
      `update write_backs set outcome = 'sent', finished_at = null, attempted_at = now()`,
    );
    await expect(update('Closed', 'Lost')).rejects.toMatchObject({ code: 'conflict' });
    expect(await runJob()).toMatchObject({ kind: 'again' });
  });

  it('is sent by a worker, without anybody who looks at it', async () => {
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '2', endpoint: patch, next: 1 });
    expect(await update()).toMatchObject({ outcome: 'waiting' });
    const worker = startProcess('worker/index.ts', db.url, { LOG_LEVEL: 'error' });
    try {
      await until('the change arrived', () =>
        Promise.resolve(atSource(referral.externalId)?.status === 'Active'),
      );
      await until('its end is known here', async () => (await changes()).last?.outcome === 'done');
    } finally {
      worker.child.kill('SIGTERM');
      await worker.exited;
    }
    expect(requests(patch)).toEqual([429, 200]);
  });
});
