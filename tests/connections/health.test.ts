import { expect, it } from 'vitest';
import { createRateLimitGate } from '#lib/connections/rate-limit/gate.ts';
import { recordFailure } from '../../src/lib/connections/circuit/store.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { listConnectionViews } from '../../src/lib/connections/manage.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';

const db = useDatabase();

it('the settings page learns of circuits, pauses and waits of its own workspace', async () => {
  const [tenant, other] = [
    await createTenant({ slug: 'acme', name: 'Acme' }),
    await createTenant({ slug: 'other', name: 'Other' }),
  ];
  const connect = (tenantId: string, label: string) =>
    createConnection({
      tenantId,
      label,
      provider: 'clienttether',
      settings: { baseUrl: 'http://127.0.0.1:9/' },
      secrets: { webKey: 'k', accessToken: 't' },
    });
  const [down, slow, waiting, well] = [
    await connect(tenant.id, 'down'),
    await connect(tenant.id, 'slow'),
    await connect(tenant.id, 'waiting'),
    await connect(other.id, 'well'),
  ];
  for (let time = 0; time < 8; time += 1) await recordFailure(tenant.id, down.id, 'It is down.');
  await createRateLimitGate(tenant.id, slow.id, { concurrency: 1, timeoutMs: 1000 }).leave({
    failure: 'rate_limited',
    status: 429,
    until: new Date(Date.now() + 60_000),
  });
  await db.query(
    `update connections
     set waiting_for = 'The day is used up.', due_at = now() + interval '1 hour'
     where id = $1`,
    [waiting.id],
  );
  await db.query(
    `update connections
     set waiting_for = 'Long ago.', due_at = now() - interval '1 hour'
     where id = $1`,
    [well.id],
  );
  const at = expect.any(Date) as Date;
  const calm = { circuit: null, pausedUntil: null, waiting: null };
  expect(
    (await listConnectionViews(tenant.id)).map(({ label, health }) => [label, health]),
  ).toEqual([
    [
      'down',
      { ...calm, circuit: { state: 'open', since: at, probeAt: at, reason: 'It is down.' } },
    ],
    ['slow', { ...calm, pausedUntil: at }],
    ['waiting', { ...calm, waiting: { reason: 'The day is used up.', until: at } }],
  ]);
  expect((await listConnectionViews(other.id)).map(({ health }) => health)).toEqual([calm]);
});
