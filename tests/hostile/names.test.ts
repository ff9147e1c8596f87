import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { rowsAccount } from '../../sandbox/clienttether/fixed.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { useDatabase } from '../helpers/database.ts';
import { readPage, readRows } from '../helpers/page.ts';
import { startProcess, until } from '../helpers/processes.ts';
import { client, opportunity } from '../helpers/rows.ts';
import { syncAndPull } from '../helpers/sync.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { createWorkspace } from '../helpers/workspace.ts';
import { probeEnv, readIntrinsics, unharmed } from './intrinsics.ts';

/*
 * A source in which everything is called like something that every object inherits. A library that
 * keeps names as keys of a plain object takes such a name for an entry of its own, and writes into
 * what all objects of the process share (https://github.com/ecomfe/zrender/issues/1153).
 */
const db = useDatabase();
const names = [...Object.getOwnPropertyNames(Object.prototype), 'prototype'];
const soon = new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10);

let sandbox: Sandbox;
let web: Web;
let admin: WebClient;
let neighbour: WebClient;

const hostile = rowsAccount({
  name: 'hostile',
  webKey: 'key-hostile',
  accessToken: 'token-hostile',
  rows: {
    clients: names.map((name, index) =>
      client(index + 1, {
        firstName: name,
        lastName: '',
        compName: name,
        clients_lead_source: name,
        clients_sales_cycle: name,
        assigned_user: name,
        contact_type: name,
        [name]: name,
      }),
    ),
    opportunities: names.map((name, index) =>
      opportunity(index + 1, {
        firstName: name,
        lastName: '',
        contact_lead_source: name,
        contact_sales_cycle: name,
        market: '',
        custom_fields: Object.fromEntries([['__proto__', name]]),
      }),
    ),
    notes: names.map((name, index) => ({
      id: String(index + 1),
      contact_id: String(index + 1),
      date: '2026-03-01 10:00:00',
      author: name,
      content: name,
    })),
    activities: names.map((name, index) => ({
      id: String(index + 1),
      type: name,
      status: name,
      scheduled_at: `${soon} 10:00:00`,
      contact_name: name,
    })),
    events: names.map((name, index) => ({
      event_id: String(index + 1),
      event_type: name,
      status: name,
      title: name,
      start_date: `${soon} 10:00:00`,
      client_name: name,
    })),
  },
});

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      hostile,
      rowsAccount({
        name: 'calm',
        webKey: 'key-calm',
        accessToken: 'token-calm',
        rows: { clients: [client(1)] },
      }),
    ],
  });
  for (const account of ['hostile', 'calm']) {
    // A custom field, too, is called what its account likes.
    const settings = { fields: { market: '__proto__' } };
    const { tenant, connection } = await createWorkspace(sandbox, account, account, settings);
    const report = await syncAndPull({ tenantId: tenant.id, connectionId: connection.id });
    expect(report.status, account).toBe('success');
    await createUser({ email: `a@${account}.test`, password, tenantSlug: account, role: 'admin' });
  }
  web = await startWeb(db.url, probeEnv);
  admin = await web.signIn('a@hostile.test');
  neighbour = await web.signIn('a@calm.test');
});
afterAll(async () => {
  await web?.stop();
  await sandbox?.close();
});

/** The label that ClientTether's words get: lower-case words are capitalized. */
const toLabel = (name: string): string =>
  name === name.toLowerCase() ? name.replace(/^\S/, (letter) => letter.toUpperCase()) : name;

const pages = [
  'dashboard',
  'dashboard?period=12m&compare=previous',
  'pipeline',
  'leads',
  'hot-list',
  'notes',
  'schedule',
  'referrals',
  'reports',
  'dead-letters',
  'settings/connections',
  'settings/members',
  'settings/scoring',
  'settings/features',
];

describe('names that every object inherits', () => {
  it('arrive as they are, each in a row of its own', async () => {
    const rejected = await db.query(`select reason from record_errors`);
    expect(rejected).toEqual([]);
    const types = await db.query<{ activity_type: string }>(
      `select distinct activity_type from scheduled_activities where external_id like 'event:%'`,
    );
    expect(types.map((row) => row.activity_type).toSorted()).toEqual(names.map(toLabel).toSorted());
    const sources = await db.query<{ source: string }>(
      `select distinct source from leads l join tenants t on t.id = l.tenant_id
       where t.slug = 'hostile'`,
    );
    expect(sources.map(({ source }) => source).toSorted()).toEqual(names.map(toLabel).toSorted());
    const markets = await db.query<{ market: string }>(`select distinct market from opportunities`);
    expect(markets.map(({ market }) => market.toLowerCase()).toSorted()).toEqual(
      names.map((name) => name.toLowerCase()).toSorted(),
    );
  });

  it.each(pages)('/w/hostile/%s is drawn, and harms nobody', async (path) => {
    expect((await readPage(admin, `/w/hostile/${path}`)).status).toBe(200);
    expect(await readIntrinsics(web.pid)).toEqual(unharmed);
    expect((await web.visitor().fetch('/healthz')).status).toBe(200);
    expect((await neighbour.fetch('/w/calm/dashboard')).status).toBe(200);
  });

  it('would not pass in a worker either', async () => {
    const worker = startProcess('worker/index.ts', db.url, probeEnv);
    await until('the worker runs', () => worker.output().includes('worker.ready'));
    expect(await readIntrinsics(worker.child.pid ?? 0)).toEqual(unharmed);
    worker.child.kill('SIGTERM');
    expect((await worker.exited).code).toBe(0);
  });

  it('are shown by the dashboard, the lists and their filters', async () => {
    for (const path of ['dashboard', 'leads', 'notes', 'schedule', 'hot-list']) {
      const { html } = await readPage(admin, `/w/hostile/${path}`);
      const missing = names.filter((name) => !html.includes(name) && !html.includes(toLabel(name)));
      expect(missing, path).toEqual([]);
    }
    for (const name of names) {
      const query = new URLSearchParams({ source: toLabel(name) });
      const { status, html, root } = await readPage(admin, `/w/hostile/leads?${query}`);
      expect(status, name).toBe(200);
      expect(readRows({ status, html, root }, 'rows'), name).toHaveLength(1);
    }
  });

  it('stand in exports as they are', async () => {
    for (const list of ['leads', 'notes', 'schedule', 'pipeline', 'hot-list']) {
      const response = await admin.fetch(`/w/hostile/${list}.csv`);
      if (response.status === 404) continue;
      expect(response.status, list).toBe(200);
      const text = await response.text();
      const missing = names.filter((name) => !text.includes(name) && !text.includes(toLabel(name)));
      expect(missing, list).toEqual([]);
    }
    expect((await admin.fetch('/w/hostile/leads.xlsx')).status).toBe(200);
  });

  it('are no notices, tabs, lists or parameters of ours', async () => {
    for (const name of names) {
      for (const path of [
        `leads?done=${name}`,
        `settings/mapping?done=${name}`,
        `settings/connections?done=${name}`,
        `leads?sort=${name}&direction=${name}`,
        `dashboard?${name}=${name}`,
      ]) {
        const { status, html } = await readPage(admin, `/w/hostile/${path}`);
        expect([200, 302, 404], path).toContain(status);
        expect(html, path).not.toMatch(/\[native code\]|\[object Object\]/);
      }
      expect((await admin.fetch(`/w/hostile/${name}.csv`)).status, name).toBe(404);
      const { status } = await admin.json(`/api/dashboard/leads?tenant=hostile&${name}=1`);
      expect(status, name).toBe(400);
    }
  });

  it('are no way for a form to write into what all objects inherit', async () => {
    for (const group of names) {
      const fields = { intent: 'preview', [`${group}.polluted`]: '1', [`${group}.toString`]: '1' };
      const response = await admin.postForm('/w/hostile/settings/scoring', fields);
      expect([200, 400], group).toContain(response.status);
    }
    expect(await readIntrinsics(web.pid)).toEqual(unharmed);
  });
});
