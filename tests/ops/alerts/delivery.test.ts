import { beforeEach, describe, expect, it } from 'vitest';
import { checkAlerts } from '#lib/ops/alerts/check.ts';
import { listAlerts } from '#lib/ops/alerts/queries.ts';
import { sendTestNotice } from '#lib/ops/alerts/test-notice.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { claimTask } from '#lib/platform/periodic/claim.ts';
import { useMailbox } from '../../identity/auth/mailbox.ts';
import { problemOf } from '../../identity/auth/people.ts';
import { useDatabase } from '../../helpers/database.ts';
import { useSink } from './sink.ts';
import { addConnections, refuse } from './trouble.ts';

const db = useDatabase();
const mailbox = useMailbox();
const sink = useSink();
const operators = 'operators@example.com';

let told = 0;
/** Mails since the test began. */
const mails = () => mailbox.countOf(operators) - told;
const check = async (times = 1): Promise<void> => {
  for (let turn = 0; turn < times; turn += 1) await checkAlerts();
};
/** What the wait between two tries does. */
const waitPasses = () => db.query(`update alert_deliveries set retry_at = now()`);
const quietPasses = () =>
  db.query(`update alert_deliveries set delivered_at = delivered_at - interval '20 minutes'`);

beforeEach(async () => {
  await db.query('delete from alerts');
  await db.query('delete from tenants');
  process.env['ALERT_EMAIL'] = operators;
  resetConfig();
  Object.assign(sink, { received: [], calls: 0, status: 200 });
  told = mailbox.countOf(operators);
});

describe('an alert', () => {
  it('is told once by mail and once to the webhook, however often it is found', async () => {
    const [id = ''] = await addConnections(db, 'birch');
    await check();
    expect([mails(), sink.calls]).toEqual([0, 0]);
    await refuse(db, [id]);
    await check(4);
    expect([mails(), sink.calls]).toEqual([1, 1]);
    const mail = await mailbox.newest(operators);
    expect(mail.subject).toBe('Critical: A connection must be reconnected');
    expect(mail.text).toContain('birch, Account 1 rejects its credentials');
    expect(mail.text).toContain('/alerts');
    const message = expect.stringContaining('The token was refused.');
    expect(sink.received).toMatchObject([
      {
        event: 'alert.opened',
        rule: 'needs-reconnect',
        severity: 'critical',
        count: 1,
        url: expect.stringMatching(/\/alerts$/),
        alerts: [{ subject: `connection:${id}`, message }],
      },
    ]);
    const [row] = await db.query(
      `select notified_at is not null as told, recovered_at from alerts`,
    );
    expect(row).toEqual({ told: true, recovered_at: null });
  });

  it('is over only when two checks in a row did not find it; that is told once too', async () => {
    const ids = await addConnections(db, 'birch');
    await refuse(db, ids);
    await check();
    for (let flicker = 0; flicker < 3; flicker += 1) {
      await refuse(db, ids, false);
      await check();
      await refuse(db, ids);
      await check();
    }
    expect([mails(), sink.calls]).toEqual([1, 1]);
    await refuse(db, ids, false);
    await check(5);
    expect([mails(), sink.calls]).toEqual([2, 2]);
    expect((await mailbox.newest(operators)).subject).toBe(
      'Resolved: A connection must be reconnected',
    );
    expect(sink.received.map(({ event }) => event)).toEqual(['alert.opened', 'alert.recovered']);
    expect(await listAlerts()).toMatchObject({
      open: [],
      recent: [{ title: 'A connection must be reconnected', told: true }],
    });
  });

  it('that begins anew after it was over is another one', async () => {
    const ids = await addConnections(db, 'birch');
    for (const refused of [true, false, true]) {
      await refuse(db, ids, refused);
      await check(2);
    }
    expect(sink.received.map(({ event }) => event)).toEqual([
      'alert.opened',
      'alert.recovered',
      'alert.opened',
    ]);
    expect(new Set(sink.received.map(({ id }) => id)).size).toBe(3);
  });
});

describe('when a delivery fails', () => {
  it('only that channel tries again, after a wait that grows, until it succeeds once', async () => {
    await refuse(db, await addConnections(db, 'birch'));
    sink.status = 503;
    await check(3);
    expect([mails(), sink.calls]).toEqual([1, 1]);
    await waitPasses();
    await check(3);
    expect([mails(), sink.calls]).toEqual([1, 2]);
    const [waiting] = await db.query(
      `select attempts, retry_at > now() + interval '90 seconds' as later
       from alert_deliveries
       where delivered_at is null`,
    );
    expect(waiting).toEqual({ attempts: 2, later: true });
    expect(await db.query(`select 1 from alerts where notified_at is not null`)).toEqual([]);
    sink.status = 200;
    await waitPasses();
    await check(3);
    expect([mails(), sink.calls, sink.received.length]).toEqual([1, 3, 1]);
    expect(await db.query(`select 1 from alerts where notified_at is not null`)).toHaveLength(1);
  });

  it('what is over before it could be told is told afterwards, in its order', async () => {
    const ids = await addConnections(db, 'birch');
    await refuse(db, ids);
    sink.status = 500;
    await check();
    await refuse(db, ids, false);
    await check(3);
    expect(sink.received).toEqual([]);
    sink.status = 200;
    await waitPasses();
    await check(2);
    expect(sink.received.map(({ event }) => event)).toEqual(['alert.opened', 'alert.recovered']);
    expect(mails()).toBe(2);
  });

  it('a channel that does not answer is tried once in a round, not for each alert', async () => {
    await refuse(db, await addConnections(db, 'birch', 8));
    sink.status = 500;
    await check();
    expect([mails(), sink.calls]).toEqual([8, 1]);
  });
});

describe('when very much goes wrong', () => {
  it('one message tells of all, and one of the end', async () => {
    const ids = await addConnections(db, 'birch', 300);
    await refuse(db, ids);
    await check(2);
    expect([mails(), sink.calls]).toEqual([1, 1]);
    expect((await mailbox.newest(operators)).subject).toBe(
      'Critical: A connection must be reconnected (300 alerts)',
    );
    expect((await mailbox.newest(operators)).text).toContain('And 280 more.');
    expect(sink.received[0]).toMatchObject({ count: 300 });
    expect(sink.received[0]?.alerts).toHaveLength(100);
    await refuse(db, ids, false);
    await quietPasses();
    await check(3);
    expect([mails(), sink.calls]).toEqual([2, 2]);
  });

  it('what comes a little later waits for the next message', async () => {
    await refuse(db, await addConnections(db, 'birch', 30));
    await check();
    for (let turn = 0; turn < 5; turn += 1) {
      await refuse(db, await addConnections(db, `late-${turn}`));
      await check();
    }
    expect(mails()).toBe(1);
    await quietPasses();
    await check();
    expect(mails()).toBe(2);
    expect(sink.received.map(({ count }) => count)).toEqual([30, 5]);
  });
});

describe('several workers', () => {
  it('that look at the same moment tell once', async () => {
    await refuse(db, await addConnections(db, 'birch', 3));
    await Promise.all(Array.from({ length: 6 }, () => checkAlerts()));
    await check();
    expect([mails(), sink.calls]).toEqual([3, 3]);
    expect(await db.query('select 1 from alerts')).toHaveLength(3);
  });

  it('take turns at a task: of all who ask at once, one may', async () => {
    const ask = async () =>
      (await Promise.all(Array.from({ length: 10 }, () => claimTask('some-task', 60_000)))).filter(
        Boolean,
      ).length;
    expect([await ask(), await ask()]).toEqual([1, 0]);
    await db.query(`update periodic_tasks set taken_at = now() - interval '55 seconds'`);
    expect(await ask()).toBe(1);
  });
});

describe('channels', () => {
  it('need not be: alerts are written down all the same', async () => {
    const { ALERT_WEBHOOK_URL } = process.env;
    Object.assign(process.env, { ALERT_EMAIL: '', ALERT_WEBHOOK_URL: '' });
    resetConfig();
    await refuse(db, await addConnections(db, 'birch'));
    await check(2);
    expect(await listAlerts()).toMatchObject({ openCount: 1, open: [{ told: null }] });
    expect((await problemOf(sendTestNotice())).message).toMatch(/^No alert channel is set/);
    Object.assign(process.env, { ALERT_WEBHOOK_URL });
    resetConfig();
    await check();
    expect(sink.calls).toBe(0);
  });

  it('can be tried', async () => {
    expect(await sendTestNotice()).toEqual(['email', 'webhook']);
    expect((await mailbox.newest(operators)).subject).toBe('Test: Alerts arrive here');
    expect(sink.received).toMatchObject([{ event: 'alert.test' }]);
    expect(await db.query('select 1 from alerts')).toEqual([]);
  });

  it('are addresses outside: this machine only where the configuration allows it', async () => {
    process.env['ALLOW_LOOPBACK_PROVIDERS'] = '0';
    process.env['ALERT_EMAIL'] = '';
    resetConfig();
    await expect(sendTestNotice()).rejects.toThrow('points to this machine');
    process.env['ALLOW_LOOPBACK_PROVIDERS'] = '1';
    expect(sink.calls).toBe(0);
  });
});
