/*
 * What admins connect by a code and register at Partner Center, and what operators try out.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { getSignIn } from '#lib/connections/oauth/sign-in-queries.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { pollDeviceFlowJob } from '../../../worker/jobs/poll-consent.ts';
import { useDatabase } from '../../helpers/database.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { startProcess } from '../../helpers/processes.ts';
import { password, startWeb, type Web, type WebClient } from '../../helpers/web.ts';
import { followAudit, toLines } from './news.ts';

allowForLoad();
const database = useDatabase();
const news = followAudit(database);
const secrets = {
  clientId: 'partner-app',
  clientSecret: 'partner-secret-0123',
  refreshToken: 'partner-consent-0123',
};
const connections = '/w/north/settings/connections';
let sandbox: Sandbox;
let sink: Server;
let web: Web;
let ann: WebClient;
let tenantId = '';

beforeAll(async () => {
  const partner = { name: 'partner', label: 'Partner', ...secrets, seed: 'partner', referrals: 3 };
  const now = Date.UTC(2026, 10, 20);
  sandbox = await startSandbox({
    accounts: [],
    partners: [{ ...partner, countedOn: now }],
    now,
  });
  sink = createServer((_request, response) => response.end()).listen(0, '127.0.0.1');
  tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
  const admin = { password, tenantSlug: 'north', role: 'admin' } as const;
  await createUser({ email: 'ann@north.test', ...admin });
  web = await startWeb(database.url);
  ann = await web.signIn('ann@north.test');
  await news();
});
afterAll(async () => {
  sink.close();
  await web?.stop();
  await sandbox?.close(0);
});

/** Sends the form, lets the person agree and the worker notice it. */
async function signInWithCode(fields: Record<string, string>): Promise<void> {
  const response = await ann.postForm(connections, fields);
  const id = response.headers.get('location')?.split('/').at(-1) ?? '';
  const { code } = await getSignIn(tenantId, id);
  expect(sandbox.partnerCenter.devices.decide(code?.userCode ?? '', 'approved')).toBe(true);
  sandbox.clock.shift(10_000);
  expect((await pollDeviceFlowJob({ tenantId, consentId: id })).kind).toBe('ok');
}

describe('an account that is connected by a code', () => {
  it('is in the log from its beginning, in the name of who asked for it', async () => {
    const { baseUrl, loginUrl, webhookUrl } = sandbox.partnerCenter;
    await signInWithCode({
      intent: 'consent',
      provider: 'partner-center',
      label: 'Our partner',
      baseUrl,
      'setting.loginUrl': loginUrl,
      'setting.clientId': secrets.clientId,
      'setting.webhookUrl': webhookUrl,
      'secret.clientSecret': secrets.clientSecret,
    });
    const [row] = await database.query<{ id: string }>('select id from connections');
    const connection = row?.id ?? '';
    await signInWithCode({ intent: 'reconsent', connection });
    expect((await ann.postForm(connections, { intent: 'webhook', connection })).status).toBe(303);
    const found = await news();
    expect(toLines(found)).toEqual([
      'connection.sign_in_started: Our partner',
      'connection.created: Our partner',
      'feature.switched: lead-engine',
      'connection.sign_in_started: Our partner',
      'connection.credentials_replaced: Our partner',
      'webhook.registered: Our partner',
    ]);
    expect(new Set(found.map(({ by }) => by))).toEqual(new Set(['user ann@north.test']));
    expect(found.at(-1)?.after).toEqual({
      url: `${web.url}/api/webhooks/partner-center/${tenantId}/${connection}`,
    });
    const rows = await database.query<{ row: string }>('select e::text as row from audit_events e');
    expect(rows.map(({ row: text }) => text).join('\n')).not.toMatch(/partner-(secret|consent)/);
  });
});

describe('an operator who tries the notifications out', () => {
  it('is in the log of the installation', async () => {
    const { port } = sink.address() as AddressInfo;
    const env = {
      ALERT_WEBHOOK_URL: `http://127.0.0.1:${port}/`,
      ALERT_WEBHOOK_SECRET: 'a-webhook-secret-of-tests',
    };
    const { exited, output } = startProcess('cli/index.ts', database.url, env, ['alerts', 'test']);
    expect([(await exited).code, output()]).toEqual([0, expect.any(String)]);
    const [event] = await database.query(
      `select tenant_id, actor_kind, after from audit_events where action = 'alert.tested'`,
    );
    expect(event).toEqual({
      tenant_id: null,
      actor_kind: 'operator',
      after: { channels: ['webhook'] },
    });
  });
});
