import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import type { Access } from '#lib/identity/auth/access.ts';
import { listConnectable } from '../../src/lib/connections/connectable.ts';
import { listConnectionViews } from '../../src/lib/connections/manage.ts';
import { enabledFeatures } from '#lib/identity/features.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { submitConnections } from '../../src/actions/connections.ts';
import { useDatabase } from '../helpers/database.ts';
import { render, stopRendering } from './render.ts';

/** What a person finds on the connections page is all that it takes to connect a provider. */
const db = useDatabase();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [
      {
        name: 'partner',
        label: 'Partner',
        clientId: 'partner-app',
        clientSecret: 'partner-secret-0123',
        refreshToken: 'partner-consent-0123',
        seed: 'form',
        referrals: 3,
        countedOn: Date.UTC(2026, 10, 20),
      },
    ],
  });
});
afterAll(async () => {
  await stopRendering();
  await sandbox.close(0);
});

const formOf = (key: string, values: Record<string, string> = {}) =>
  render('/src/components/settings/ConnectForm.astro', {
    props: {
      provider: listConnectable().find((provider) => provider.key === key),
      form: { values, errors: {}, problem: null },
    },
  });
const namesIn = (html: string) =>
  [...html.matchAll(/<input[^>]* name="([^"]+)"/g)].map(([, name = '']) => name);

test.each(listConnectable().map(({ key }) => key))(
  'the form of %s asks for its settings and secrets, each with a label, hint and id of its own',
  async (key) => {
    const html = await formOf(key);
    const { settings = [], secrets = [] } =
      listConnectable().find((provider) => provider.key === key) ?? {};
    expect(namesIn(html).toSorted()).toEqual(
      [
        'provider',
        'label',
        'baseUrl',
        ...settings.map(({ name }) => `setting.${name}`),
        ...secrets.map(({ name }) => `secret.${name}`),
      ].toSorted(),
    );
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { name } of secrets)
      expect(html).toMatch(
        new RegExp(
          `<input(?=[^>]* name="secret\\.${name}")(?=[^>]* ` +
            'type="password")(?=[^>]* required)[^>]*>',
        ),
      );
    for (const { label, help } of [...settings, ...secrets])
      for (const words of [label, help])
        expect(
          html.replaceAll('&#39;', "'").replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
        ).toContain(words);
  },
);

test('the form of Partner Center connects it; empty settings keep their defaults', async () => {
  const tenant = await createTenant({ slug: 'acme', name: 'Acme' });
  const access = {
    tenant,
    user: { id: '00000000-0000-4000-8000-000000000001' },
    role: 'admin',
  } as unknown as Access;
  const typed = {
    intent: 'connect',
    provider: 'partner-center',
    label: '',
    baseUrl: sandbox.partnerCenter.baseUrl,
    'setting.clientId': ' partner-app ',
    'setting.tenant': '',
    'setting.loginUrl': sandbox.partnerCenter.loginUrl,
    'secret.clientSecret': 'partner-secret-0123',
    'secret.refreshToken': 'partner-consent-0123',
  };
  expect((await submitConnections(access, typed)).headers.get('location')).toBe(
    '/w/acme/settings/connections?done=connect',
  );
  expect(await listConnectionViews(tenant.id)).toMatchObject([
    { provider: 'partner-center', status: 'active' },
  ]);
  expect(await db.query('select settings from connections')).toEqual([
    {
      settings: {
        baseUrl: sandbox.partnerCenter.baseUrl,
        loginUrl: sandbox.partnerCenter.loginUrl,
        clientId: 'partner-app',
      },
    },
  ]);
  expect([...(await enabledFeatures(tenant.id))]).toEqual(['lead-engine']);
  expect(await formOf('partner-center', typed)).toMatch(
    new RegExp(
      'name="setting.clientId"[^>]* value=" partner-app "|' +
        'value=" partner-app "[^>]* name="setting.clientId"',
    ),
  );
});
