import { beforeEach, describe, expect, it } from 'vitest';
import { enqueueSubscriptions } from '#lib/webhooks/inbound/due-subscriptions.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { listConnectionViews, pauseConnection } from '#lib/connections/manage.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { newId } from '#lib/platform/id.ts';
import { keepSubscriptionJob } from '../../worker/jobs/keep-subscription.ts';
import { findObstacle } from '#lib/webhooks/inbound/subscription.ts';
import { address, connectionId, db, desk, sandbox, tenantId } from './stage.ts';

const run = (own = { tenantId, connectionId }) => keepSubscriptionJob({ ...own, renew: false });
const view = async () =>
  (await listConnectionViews(tenantId)).find(({ id }) => id === connectionId)?.webhook;
const writes = () =>
  sandbox.log
    .entries()
    .flatMap(({ endpoint }) => (/^(POST|PUT) webhooks/.test(endpoint) ? [endpoint] : []));
const audited = async () =>
  (
    await db.query<{ action: string }>(
      `select action from audit_events where action like 'webhook.%' order by id`,
    )
  ).map(({ action }) => action);
const queued = () =>
  db.query(`select data from pgboss.job where name = 'keep-subscription' and state = 'created'`);
const registered = () => desk().registration('partner');

beforeEach(async () => {
  sandbox.log.clear();
  sandbox.faults.disarm();
  await db.query('truncate event_subscriptions');
  await db.query(`delete from pgboss.job where name = 'keep-subscription'`);
  await db.query('delete from rate_budgets');
  await db.query('delete from circuits');
});

describe('the job that keeps a registration', () => {
  it('is queued with the connection, registers it, and leaves a current one alone', async () => {
    const { baseUrl, loginUrl, webhookUrl } = sandbox.partnerCenter;
    const made = await createConnection({
      tenantId,
      provider: 'partner-center',
      settings: { baseUrl, loginUrl, webhookUrl, clientId: 'another' },
      secrets: { clientSecret: 'another-secret', refreshToken: 'another-token' },
    });
    expect(await queued()).toEqual([{ data: { tenantId, connectionId: made.id, renew: false } }]);
    await db.query('delete from connections where id = $1', [made.id]);
    expect(await run({ tenantId, connectionId: made.id })).toMatchObject({ kind: 'cancelled' });

    expect(await run()).toEqual({ kind: 'ok' });
    expect(registered()).toMatchObject({ WebhookUrl: address });
    expect(await view()).toMatchObject({ state: 'registered', reason: null });
    expect(writes()).toEqual(['POST webhooks/v1/registration']);
    await run();
    expect([writes().length, await audited()]).toEqual([1, ['webhook.registered']]);
  });

  it('registers again what lacks events or has the address of a former PUBLIC_URL', async () => {
    await run();
    const moved = new URL(new URL(address).pathname, 'https://former.example.test').href;
    Object.assign(registered() ?? {}, { WebhookUrl: moved });
    await run();
    expect(registered()).toMatchObject({ WebhookUrl: address });
    Object.assign(registered() ?? {}, { WebhookEvents: ['referral-updated'] });
    await run();
    expect(registered()?.WebhookEvents).toHaveLength(5);
    expect(await view()).toMatchObject({ state: 'registered' });
  });

  it('does not take the place of a registration that is not ours', async () => {
    Object.assign(registered() ?? {}, { WebhookUrl: 'https://other.example.test/hook' });
    await run();
    expect(registered()).toMatchObject({ WebhookUrl: 'https://other.example.test/hook' });
    expect(await view()).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('another address') as string,
    });
    Object.assign(registered() ?? {}, { WebhookUrl: address });
    await run();
    expect(await view()).toMatchObject({ state: 'registered', reason: null });
  });

  it('says what the provider refused, records it once, and is due again', async () => {
    Object.assign(registered() ?? {}, { WebhookEvents: ['referral-updated'] });
    const before = (await audited()).length;
    const endpoint = 'PUT webhooks/v1/registration';
    sandbox.faults.arm({ kind: 'status', status: 403, endpoint, next: 2 });
    await run();
    await run();
    expect(await view()).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/./) as string,
    });
    expect((await audited()).slice(before)).toEqual(['webhook.failed']);
    await run();
    expect(await view()).toMatchObject({ state: 'registered', reason: null });
  });

  it('says so when the connection cannot be used, or the address is not https', async () => {
    const allowed = process.env['ALLOW_LOOPBACK_PROVIDERS'];
    process.env['ALLOW_LOOPBACK_PROVIDERS'] = 'false';
    resetConfig();
    try {
      await run();
      expect(findObstacle({ url: 'http://inside.example.test/' })).toMatch(/https/);
      expect(findObstacle({ url: 'https://outside.example.test/' })).toBeNull();
    } finally {
      process.env['ALLOW_LOOPBACK_PROVIDERS'] = allowed;
      resetConfig();
    }
    expect(await view()).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('is not a host of Partner Center') as string,
    });
  });

  it('takes the registration back while the connection is paused, and makes it anew', async () => {
    await run();
    await pauseConnection(tenantId, connectionId, true);
    expect(await queued()).toHaveLength(1);
    await run();
    expect(registered()).toMatchObject({ WebhookUrl: address, WebhookEvents: ['test-created'] });
    expect(await view()).toMatchObject({ state: null });
    await pauseConnection(tenantId, connectionId, false);
    expect(await queued()).toHaveLength(2);
    await run();
    expect(registered()?.WebhookEvents).toHaveLength(5);
    expect((await audited()).slice(-2)).toEqual(['webhook.removed', 'webhook.registered']);
  });

  it('does not reach the connection of another workspace', async () => {
    await expect(run({ tenantId: newId(), connectionId })).resolves.toMatchObject({
      kind: 'cancelled',
    });
    expect(writes()).toEqual([]);
  });
});

describe('the tick', () => {
  const due = async () => {
    await db.query(`delete from pgboss.job where name = 'keep-subscription'`);
    return enqueueSubscriptions();
  };
  const set = (status: string) =>
    db.query('update connections set status = $1 where id = $2', [status, connectionId]);

  it('queues what was not looked at for a day, and what is paused and still registered', async () => {
    expect(await due()).toBe(1);
    await run();
    expect(await due()).toBe(0);
    await db.query(`update event_subscriptions set check_at = now() + interval '59 minutes'`);
    expect(await due()).toBe(1);
    await db.query(`update event_subscriptions set check_at = now() + interval '1 day'`);
    await set('paused');
    expect(await due()).toBe(1);
    await db.query('update event_subscriptions set state = null');
    expect(await due()).toBe(0);
    await set('needs_reconnect');
    expect(await due()).toBe(0);
    await set('active');
  });
});
