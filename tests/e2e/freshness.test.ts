import type { Page } from 'playwright-core';
import { afterAll, describe, expect, it } from 'vitest';
import { rowsAccount } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { client, opportunity } from '../helpers/rows.ts';
import type { Workspace } from '../helpers/workspace.ts';
import { figure } from './read.ts';
import { useStage } from './stage.ts';

const leads = 120;
const account = rowsAccount({
  name: 'harbor',
  webKey: 'CT_harbor',
  accessToken: 'token-of-harbor',
  rows: {
    clients: Array.from({ length: leads }, (_, index) => client(index + 1)),
    opportunities: [opportunity(1)],
  },
});
const admin = 'admin@harbor.test';
let harbor: Workspace;
let worker: TestProcess | undefined;

const stage = useStage({
  accounts: [account],
  prepare: async ({ workspace, user, database }) => {
    harbor = await workspace('harbor', { sync: false, pageSize: 10 });
    // The worker waits for the button instead of starting by itself.
    await database.query(`update connections set due_at = now() + interval '1 day'`);
    await database.query(`insert into tenants (slug, name) values ('empty', 'Nothing connected')`);
    await user(admin, { tenantSlug: 'harbor', role: 'admin' });
    await user('viewer@harbor.test', { tenantSlug: 'harbor' });
    await user('admin@empty.test', { tenantSlug: 'empty', role: 'admin' });
  },
});
afterAll(async () => {
  worker?.child.kill('SIGTERM');
  await worker?.exited;
});

const banner = (page: Page) => page.locator('.banner');
const says = (page: Page) => banner(page).locator('.banner-text').innerText();
const sync = () =>
  syncConnection({
    tenantId: harbor.tenant.id,
    connectionId: harbor.connection.id,
    trigger: 'cli',
  });
const open = async (email = admin) => {
  const watched = await stage.signedIn(email);
  await watched.page.goto(`/w/${email.split(/[@.]/)[1]}/leads`);
  return watched.page;
};

/** In the order of a connection's life. */
describe('the banner', () => {
  it('says that nothing is connected, and who may connect something', async () => {
    const page = await open('admin@empty.test');
    expect(await says(page)).toContain('No system is connected yet');
    expect(await banner(page).getByRole('link', { name: 'Connect a system' }).isVisible()).toBe(
      true,
    );
    expect(await banner(page).getByRole('button', { name: 'Sync now' }).count()).toBe(0);
  });

  it('says that the first sync is still to come', async () => {
    expect(await says(await open())).toContain('No data yet: the first sync has not finished');
    expect(
      await banner(await open('viewer@harbor.test'))
        .getByRole('button', { name: 'Sync now' })
        .count(),
      'a viewer starts none',
    ).toBe(0);
  });

  it('shows a sync as it runs, without a reload, and then offers the new data', async () => {
    stage.sandbox.faults.arm({ kind: 'latency', ms: 250 });
    const page = await open();
    await banner(page).getByRole('button', { name: 'Sync now' }).click();
    await banner(page).getByText('Waiting for the sync to start').waitFor();
    worker = startProcess('worker/index.ts', stage.database.url);
    const seen = new Set<string>();
    await until('the page tells that the sync has finished', async () => {
      const text = await says(page);
      const [rows] = /[\d,]+(?= rows so far)/.exec(text) ?? [];
      if (rows !== undefined) seen.add(rows);
      return text.includes('The sync has finished.');
    });
    expect(seen.size, 'different numbers of rows while it ran').toBeGreaterThan(1);
    expect(await figure(page, 'Total Leads'), 'nothing changed under the reader').toBe('0');
    await banner(page).getByRole('link', { name: 'Show the new data' }).click();
    await banner(page).getByText('Last good data').first().waitFor();
    expect([await figure(page, 'Total Leads'), await says(page)]).toEqual([
      String(leads),
      expect.stringMatching(/Last good data (just now|1 minute ago)/),
    ]);
    stage.sandbox.faults.disarm();
  });

  it('tells each source in its details', async () => {
    const page = await open();
    await banner(page).getByText('Details').click();
    const source = banner(page).locator('.menu-panel li');
    expect(await source.innerText()).toMatch(/Up to date\s+Last good data/);
    await page.keyboard.press('Escape');
    await source.waitFor({ state: 'hidden' });
  });

  it('warns when the data is older than two hours', async () => {
    await stage.database.query(`update stream_states set fresh_at = now() - interval '3 hours'`);
    const page = await open();
    expect(await says(page)).toContain('Data is 3 hours old - sync may be delayed');
    expect(await banner(page).getAttribute('class')).toContain('banner-warn');
    await sync();
    await page.reload();
    expect(await says(page)).toContain('Last good data just now');
  });

  it('says that a sync failed, and keeps the figures', async () => {
    stage.sandbox.faults.arm({ kind: 'status', status: 500 });
    await sync();
    stage.sandbox.faults.disarm();
    const page = await open();
    expect(await says(page)).toMatch(/The last sync failed · Last good data/);
    expect(await figure(page, 'Total Leads')).toBe(String(leads));
    await sync();
    await page.reload();
    expect(await says(page)).not.toContain('failed');
  });

  it('counts the failed records', async () => {
    stage.sandbox.clienttether.poison('harbor', { kind: 'clients', poison: 'missing_id' });
    await sync();
    const page = await open();
    expect(await says(page)).toContain('1 failed record');
    await banner(page).getByText('Details').click();
    await banner(page)
      .getByText(/^\s*1 record could not be read: show it/)
      .waitFor();
    const source = await banner(page).locator('.menu-panel li').innerText();
    expect(source.match(/could not be read/g), 'said once').toHaveLength(1);
  });

  it('asks to connect again when the grant is gone', async () => {
    stage.sandbox.faults.arm({ kind: 'status', status: 401 });
    await sync();
    stage.sandbox.faults.disarm();
    const page = await open();
    expect(await says(page)).toContain('ClientTether needs to be reconnected');
    expect(await banner(page).getAttribute('class')).toContain('banner-bad');
    expect(await banner(page).getByRole('link', { name: 'Reconnect' }).isVisible()).toBe(true);
  });
});
