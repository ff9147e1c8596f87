import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { authority } from '../../sandbox/partner-center/authority.ts';
import type { DeliveryOptions, Forgery, Notice } from '../../sandbox/partner-center/webhooks.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { forgetConfig } from '../../src/lib/platform/config.ts';
import { newId } from '../../src/lib/platform/id.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { certificatesAt } from '#lib/webhooks/inbound/certificates.ts';
import { registerWebhook, testWebhook, webhookStatus } from '#lib/webhooks/inbound/registration.ts';
import { syncConnectionJob } from '../../worker/jobs/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { startProcess, until } from '../helpers/processes.ts';
import { startDoor } from './door.ts';

const db = useDatabase();
const now = Date.now();
const credentials = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
const directory = mkdtempSync(path.join(tmpdir(), 'tributary-webhooks-'));
let sandbox: Sandbox;
let web: Awaited<ReturnType<typeof startDoor>>;
let tenantId: string;
let connectionId: string;
let address: string;
/** A certificate in DER, as Microsoft's own file is one. */
let derServer: Server;

beforeAll(async () => {
  const trustFile = path.join(directory, 'roots.pem');
  const { root, signer } = await authority();
  writeFileSync(trustFile, root);
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        ...credentials,
        seed: 'partner',
        referrals: 20,
        countedOn: now,
      },
    ],
  });
  derServer = createServer((_request, response) =>
    response.end(new X509Certificate(signer.certificate).raw),
  ).listen(0, '127.0.0.1');
  web = await startDoor();
  Object.assign(process.env, { PUBLIC_URL: web.url, WEBHOOK_TRUST_FILE: trustFile });
  forgetConfig();
  tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
  const { baseUrl, loginUrl, webhookUrl } = sandbox.partnerCenter;
  const settings = { baseUrl, loginUrl, webhookUrl, clientId: credentials.clientId };
  connectionId = (
    await createConnection({
      tenantId,
      provider: 'partner-center',
      settings,
      secrets: { clientSecret: credentials.clientSecret, refreshToken: credentials.refreshToken },
    })
  ).id;
  address = `${web.url}/api/webhooks/partner-center/${tenantId}/${connectionId}`;
  await syncConnection({ tenantId, connectionId, trigger: 'cli' });
});
afterAll(async () => {
  derServer?.close();
  web?.close();
  await sandbox?.close(0);
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(async () => {
  await db.query('truncate webhook_deliveries');
  await db.query(`delete from pgboss.job where name = 'sync-connection'`);
});

const desk = () => sandbox.partnerCenter.webhooks;
const deliver = (notice: Notice, options: DeliveryOptions = {}) =>
  desk().deliver('partner', sandbox.url, notice, { url: address, ...options });
const message = (notice: Notice, options?: DeliveryOptions) =>
  desk().message('partner', sandbox.url, notice, options);
const post = (
  url: string,
  { headers, body }: { headers: Record<string, string>; body: string | Uint8Array },
) => fetch(url, { method: 'POST', headers, body: body as BodyInit });
const recorded = () =>
  db.query<{ event: string; resource_id: string; copies: number }>(
    `select event, resource_id, copies
     from webhook_deliveries
     where connection_id = $1
     order by received_at`,
    [connectionId],
  );
const waiting = () =>
  db.query(`select 1 from pgboss.job where name = 'sync-connection' and state = 'created'`);
const isDue = async () =>
  (await db.query('select 1 from connections where id = $1 and due_at <= now()', [connectionId]))
    .length === 1;

describe('registering', () => {
  it('tells the provider our address once and on change, with a token for that API', async () => {
    expect(await webhookStatus(tenantId, connectionId)).toMatchObject({
      registered: null,
      isCurrent: false,
      received: 0,
    });
    await expect(testWebhook(tenantId, connectionId)).rejects.toThrow('Register it first');
    sandbox.log.clear();
    expect(await registerWebhook(tenantId, connectionId)).toMatchObject({
      url: address,
      isCurrent: true,
      registered: { url: address },
    });
    expect(await registerWebhook(tenantId, connectionId)).toMatchObject({ isCurrent: true });
    const writes = () =>
      sandbox.log
        .entries()
        .flatMap(({ endpoint }) => (/^(POST|PUT) webhooks/.test(endpoint) ? [endpoint] : []));
    expect(writes()).toEqual(['POST webhooks/v1/registration']);
    Object.assign(desk().registration('partner') ?? {}, { WebhookUrl: 'https://old.example/' });
    expect(await registerWebhook(tenantId, connectionId)).toMatchObject({ isCurrent: true });
    expect(writes()).toEqual(['POST webhooks/v1/registration', 'PUT webhooks/v1/registration']);
    await syncConnection({ tenantId, connectionId, trigger: 'cli' });
    expect(await db.query('select status from connections where id = $1', [connectionId])).toEqual([
      { status: 'active' },
    ]);
  });

  it('brings a test notice, which is taken in', async () => {
    await testWebhook(tenantId, connectionId);
    await until('the test notice came', async () => (await recorded()).length === 1, 10_000);
    expect(await webhookStatus(tenantId, connectionId)).toMatchObject({
      received: 1,
      last: { event: 'test-created' },
    });
  });
});

it('operators register, try and look at webhooks from the command line', async () => {
  const run = async (verb: string, ...more: string[]) => {
    const { exited, output } = startProcess(
      'cli/index.ts',
      db.url,
      { LOG_LEVEL: 'error', PUBLIC_URL: web.url },
      ['webhook', verb, '--tenant', 'north', '--connection', connectionId, ...more],
    );
    return { code: (await exited).code, output: output() };
  };
  expect(await run('register')).toMatchObject({
    code: 0,
    output: expect.stringContaining(
      `Address: ${address}\nThe provider sends to this address.`,
    ) as string,
  });
  expect(JSON.parse((await run('status', '--json')).output)).toMatchObject({
    isCurrent: true,
    url: address,
  });
});

describe('a delivery', () => {
  it('that is signed is taken in, and makes the connection due', async () => {
    await db.query(`update connections set due_at = now() + interval '1 hour' where id = $1`, [
      connectionId,
    ]);
    expect(await deliver({ event: 'referral-updated', id: 'r-1' })).toEqual([200]);
    expect(await recorded()).toEqual([
      { event: 'referral-updated', resource_id: 'r-1', copies: 1 },
    ]);
    expect([await isDue(), (await waiting()).length]).toEqual([true, 1]);
  });

  it.each(['sha256', 'sha384', 'sha512'] as const)(
    'may be signed over %s, in either header',
    async (hash) => {
      expect(await deliver({ event: 'referral-created', id: 'own-header' }, { hash })).toEqual([
        200,
      ]);
      Object.assign(desk().registration('partner') ?? {}, {
        signatureTokenToMsSignatureHeader: false,
      });
      expect(await deliver({ event: 'referral-created', id: 'authorization' }, { hash })).toEqual([
        200,
      ]);
      Object.assign(desk().registration('partner') ?? {}, {
        signatureTokenToMsSignatureHeader: true,
      });
    },
  );

  it('may name a certificate in DER, when its issuer is trusted itself or known', async () => {
    const given = await message({ event: 'referral-updated', id: 'der' });
    const url = `http://127.0.0.1:${(derServer.address() as AddressInfo).port}/cert/some.cer`;
    // The authority between it and the root is in no file here: the chain cannot be followed.
    expect(
      (
        await post(address, {
          ...given,
          headers: { ...given.headers, 'x-ms-certificate-url': url },
        })
      ).status,
    ).toBe(401);
    const [certificate] = await certificatesAt(url, []);
    expect(certificate?.subject).toContain('notifications.sandbox');
  });

  const forgeries: Forgery[] = [
    'no signature',
    'other signature',
    'changed body',
    'sha1',
    'no algorithm',
    'foreign host',
    'plain http',
    'expired',
    'self-signed',
    'attacker chain',
    'other company',
    'authority as signer',
    'no certificate',
    'private address',
  ];
  it.each(forgeries)('with %s is refused like one to nobody', async (forgery) => {
    const given = await message({ event: 'referral-updated', id: 'forged' }, { forgery });
    const answer = await post(address, given);
    const nobody = await post(
      address.replace(connectionId, newId()),
      await message({ event: 'referral-updated', id: 'forged' }),
    );
    const words = async (response: Response) => ({
      ...((await response.json()) as { error: object }).error,
      requestId: '',
    });
    expect([answer.status, nobody.status]).toEqual([401, 401]);
    expect(await words(answer)).toEqual(await words(nobody));
    expect(await recorded()).toEqual([]);
  });

  it('is refused whichever bit of it is flipped', async () => {
    const given = await message({ event: 'referral-updated', id: 'flipped' });
    const body = Buffer.from(given.body);
    const flipped = Array.from({ length: 24 }, (_, index) => {
      const copy = Buffer.from(body);
      const at = (index * 37) % copy.length;
      copy[at] = (copy[at] ?? 0) ^ (1 << (index % 8));
      return copy;
    });
    expect(
      new Set(
        await Promise.all(
          flipped.map(async (copy) => (await post(address, { ...given, body: copy })).status),
        ),
      ),
    ).toEqual(new Set([401]));
    expect(
      (await post(address, { ...given, body: Buffer.concat([body, Buffer.from('\n')]) })).status,
    ).toBe(401);
    expect((await post(address, given)).status).toBe(200);
  });

  it('is bounded, and nothing else is known here', async () => {
    const given = await message({ event: 'referral-updated', id: 'big' });
    expect((await post(address, { ...given, body: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await fetch(address)).status).toBe(405);
    for (const other of [
      address.replace('partner-center', 'clienttether'),
      address.replace('partner-center', 'nobody'),
      address.replace(tenantId, 'x'),
      address.replace(tenantId, newId()),
    ])
      expect((await post(other, given)).status).toBe(401);
  });

  it('of long ago does nothing, however well it is signed', async () => {
    const answer = await post(
      address,
      await message({ event: 'referral-updated', id: 'old', at: now - 40 * 86_400_000 }),
    );
    expect(await answer.json()).toEqual({ received: 'old' });
    expect([await recorded(), await waiting()]).toEqual([[], []]);
  });

  it('is asked for again when its certificate is out of reach, refused without one', async () => {
    const given = await message({ event: 'referral-updated', id: 'later' });
    const at = (name: string) => ({
      ...given,
      headers: {
        ...given.headers,
        'x-ms-certificate-url': `${sandbox.url}/partner-center/cert/${name}`,
      },
    });
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: 'GET cert/:name', next: 1 });
    expect((await post(address, at('root.cer?fresh'))).status).toBe(503);
    expect((await post(address, at('nothing.cer'))).status).toBe(401);
    await expect(
      certificatesAt('https://anybody.blob.core.windows.net/cert/x.cer', [
        '3psostorageacct.blob.core.windows.net',
      ]),
    ).rejects.toMatchObject({ kind: 'permission' });
  });
});

describe('many deliveries', () => {
  it('50 events 20 times each, in any order, are 50 and ask for a pass or two', async () => {
    await db.query(`update connections set due_at = now() + interval '1 hour' where id = $1`, [
      connectionId,
    ]);
    const messages = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        message({ event: 'referral-updated', id: `many-${index}`, at: now - index * 1000 }),
      ),
    );
    const all = Array.from(
      { length: 1000 },
      (_, index) => messages[(index * 7 + Math.floor(index / 50)) % 50],
    ).flatMap((given) => given ?? []);
    const statuses = await Promise.all(
      all.map(async (given) => (await post(address, given)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    const rows = await recorded();
    expect([rows.length, new Set(rows.map(({ copies }) => copies))]).toEqual([50, new Set([20])]);
    expect((await waiting()).length).toBe(1);
    const passes = async () =>
      (await db.query('select 1 from sync_runs where connection_id = $1', [connectionId])).length;
    const before = await passes();
    const payload = { tenantId, connectionId, trigger: 'schedule' as const, requestedBy: null };
    for (let turn = 0; turn < 5; turn += 1)
      await syncConnectionJob(payload, new AbortController().signal);
    expect((await passes()) - before).toBe(1);
    expect(await isDue()).toBe(false);
  }, 60_000);

  it('one that comes while a pass is under way is followed by another, without a job', async () => {
    sandbox.faults.arm({
      kind: 'latency',
      ms: 700,
      endpoint: 'GET v1.0/engagements/referrals',
      next: 1,
    });
    const running = syncConnection({ tenantId, connectionId, trigger: 'cli' });
    await until(
      'the pass is under way',
      async () => (await db.query(`select 1 from sync_runs where status = 'running'`)).length === 1,
      10_000,
    );
    expect(await deliver({ event: 'referral-updated', id: 'meanwhile' })).toEqual([200]);
    expect(await waiting()).toEqual([]);
    await running;
    expect(await isDue()).toBe(true);
    await syncConnection({ tenantId, connectionId, trigger: 'cli' });
    expect(await isDue()).toBe(false);
  });
});
