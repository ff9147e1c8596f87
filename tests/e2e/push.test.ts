import { gzipSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount } from '../../sandbox/index.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { setFeature } from '#lib/identity/features.ts';
import { expectNothingSticksOut } from '../helpers/browser.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { client } from '../helpers/rows.ts';
import { org } from '../outbound/stage.ts';
import { useStage } from './stage.ts';
import { syncAndPull } from '../helpers/sync.ts';

/**
 * Leads on their way into Dynamics 365, as people see and handle them. With SCREENSHOTS=1 it also
 * takes pictures, into .screenshots/.
 */
const pictures = process.env['SCREENSHOTS'] !== undefined;
const admin = 'admin@cedar.test';
const viewer = 'viewer@cedar.test';
const home = '/w/cedar';
const names = [
  'Ada Lovelace',
  'Grace Hopper',
  'Maximiliana-Theodora Featherstonehaugh-Worthington',
  'Mary Jackson',
  'Edith Clarke',
];
const leads = names.map((name, index) =>
  client(1 + index, {
    firstName: name.split(' ').slice(0, -1).join(' '),
    lastName: name.split(' ').at(-1),
    companyName: `Company ${index + 1}`,
    email: `lead${index}@company${index}.example`,
    phone: `+1 555 01${index}0`,
    deal_size: '45000',
  }),
);

let tenantId = '';
let crm = '';
let worker: TestProcess;

const stage = useStage({
  accounts: [
    rowsAccount({
      name: 'cedar',
      webKey: 'CT_cedar',
      accessToken: 'token-of-cedar',
      rows: { clients: leads },
    }),
  ],
  orgs: [org],
  prepare: async ({ workspace, user, sandbox }) => {
    ({
      tenant: { id: tenantId },
    } = await workspace('cedar', { name: 'Cedar Kitchens', timeZone: 'America/Chicago' }));
    const { baseUrl, loginUrl } = sandbox.dynamics365;
    ({ id: crm } = await createConnection({
      tenantId,
      provider: 'dynamics-365',
      settings: { baseUrl, loginUrl, tenantId: org.tenant, clientId: org.clientId },
      secrets: { clientSecret: org.clientSecret },
    }));
    await setFeature(tenantId, 'crm-push', true, null);
    await user(admin, { tenantSlug: 'cedar', role: 'admin', name: 'Ann Admin' });
    await user(viewer, { tenantSlug: 'cedar', role: 'viewer' });
  },
});
beforeAll(() => {
  worker = startProcess('worker/index.ts', stage.database.url);
});
afterAll(() => void worker?.child.kill('SIGKILL'));

const idOf = async (name: string) =>
  (
    await stage.database.query<{ id: string }>(
      'select id from leads where name = $1 and mirror_of is null',
      [name],
    )
  )[0]?.id ?? '';
const stateOf = async (leadId: string) =>
  (
    await stage.database.query<{ state: string; remoteId: string | null }>(
      'select state, remote_id as "remoteId" from pushes where lead_id = $1',
      [leadId],
    )
  )[0];
const readBack = () => syncAndPull({ tenantId, connectionId: crm });
const panel = (page: Page) => page.locator('#push-panel');

async function openLead(page: Page, name: string): Promise<string> {
  const id = await idOf(name);
  await page.goto(`${home}/leads/${id}`);
  return id;
}

describe('from the page of a lead', () => {
  it('a push goes from pending to synced by itself, once for a double click', async () => {
    const { page } = await stage.signedIn(admin);
    const id = await openLead(page, 'Ada Lovelace');
    await panel(page).getByText('Not pushed yet.').waitFor();
    await panel(page)
      .getByRole('button', { name: /^Push now/ })
      .dblclick();
    await page.getByText('The lead is on its way.').waitFor();
    await panel(page).getByText('Synced', { exact: true }).waitFor({ timeout: 30_000 });
    expect(
      await panel(page)
        .getByRole('link', { name: /^Open in/ })
        .getAttribute('href'),
    ).toContain((await stateOf(id))?.remoteId);
    expect((await stage.sandbox.dynamics365.truth('crm', 'lead'))['lead']).toHaveLength(1);
    await panel(page).getByText('History').click();
    await panel(page).getByText('Done', { exact: true }).first().waitFor();
    await page.getByRole('link', { name: /^All steps/ }).click();
    await page.getByText('Asked for by Ann Admin').first().waitFor();
    await page.getByText('What was sent').first().click();
    expect(await page.locator('#main').innerText()).not.toContain('lead0@company0.example');
  });

  it('over the list a push goes from pending to synced by itself, too', async () => {
    const { page } = await stage.signedIn(admin);
    await page.goto(`${home}/leads?lead=${await idOf('Edith Clarke')}`);
    const shown = page.locator('[data-row-dialog]');
    await shown.getByRole('button', { name: /^Push now/ }).click();
    await page.waitForURL(/done=push-queued/);
    await shown.getByText('Synced', { exact: true }).waitFor({ timeout: 30_000 });
    expect(await shown.getByText('Pending', { exact: true }).count()).toBe(0);
  });

  it('a CRM that is down is told with a red badge, set aside, and left by a retry', async () => {
    const fault = stage.sandbox.faults.arm({
      kind: 'status',
      status: 503,
      endpoint: 'PATCH api/data/v9.2/leads(:key)',
    });
    const { page } = await stage.signedIn(admin, { javaScriptEnabled: false });
    const id = await openLead(page, 'Grace Hopper');
    await panel(page)
      .getByRole('button', { name: /^Push now/ })
      .click();
    await until('the push has failed', async () => (await stateOf(id))?.state === 'failed', 40_000);
    await page.reload();
    await panel(page).locator('.badge-bad', { hasText: 'Failed' }).waitFor();
    expect(await panel(page).innerText()).toMatch(
      /Given up after 3 attempts[\s\S]*Retry once it is back\./,
    );
    await page.goto(`${home}/dead-letters`);
    expect(await page.locator('#jobs li').count()).toBe(1);
    stage.sandbox.faults.disarm(fault);
    await page.goto(`${home}/pushes?state=failed`);
    await page.getByRole('button', { name: 'Retry 1 failed' }).click();
    await page.getByText('One failed push is on the way again.').waitFor();
    await until(
      'the push has gone through',
      async () => (await stateOf(id))?.state === 'synced',
      40_000,
    );
    await page.goto(`${home}/dead-letters`);
    expect(await page.locator('#jobs li').count()).toBe(0);
  });
});

describe('conflicts', () => {
  it('are decided side by side, by keyboard', async () => {
    const id = await idOf('Ada Lovelace');
    const remoteId = (await stateOf(id))?.remoteId ?? '';
    await readBack();
    stage.sandbox.dynamics365.mutate('crm', {
      changes: [
        {
          op: 'update',
          kind: 'lead',
          id: remoteId,
          row: { companyname: 'Theirs Inc', telephone1: '+1 555 0999' },
        },
      ],
    });
    await stage.database.query(
      `update leads set company = 'Ours Ltd', phone = '+1 555 0111' where id = $1`,
      [id],
    );
    await readBack();
    const { page } = await stage.signedIn(admin);
    await page.goto(`${home}/conflicts`);
    await page.getByRole('button', { name: /^Take theirs, Theirs Inc/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Decided for theirs.').waitFor();
    await page.getByRole('button', { name: /^Take ours, \+1 555 0111/ }).press('Space');
    await page.getByText('Nothing to decide').waitFor();
    await until(
      'ours is written there',
      () =>
        stage.sandbox.dynamics365
          .truth('crm', 'lead')
          ['lead']?.some((row) => Reflect.get(row, 'telephone1') === '+1 555 0111') === true,
      30_000,
    );
    expect(
      await stage.database.query('select company, phone from leads where id = $1', [id]),
    ).toEqual([{ company: 'Theirs Inc', phone: '+1 555 0111' }]);
    expect(await page.locator('#decided').innerText()).toContain('Ann Admin');
  });

  it('are shown to viewers without the choice', async () => {
    const { page } = await stage.signedIn(viewer);
    await page.goto(`${home}/conflicts`);
    expect(await page.getByRole('button', { name: /^Take/ }).count()).toBe(0);
    await page.goto(`${home}/pushes`);
    expect(await page.getByRole('button', { name: /^Retry/ }).count()).toBe(0);
  });
});

describe('the field mapping', () => {
  it('is edited by keyboard without JavaScript, checked, saved and put back', async () => {
    const { page } = await stage.signedIn(admin, { javaScriptEnabled: false });
    await page.goto(`${home}/settings/mapping`);
    await page.getByRole('button', { name: 'Read fields again' }).press('Enter');
    await page.getByText('The fields were read again.').waitFor();
    await page.getByLabel('Another field of the lead').selectOption('jobtitle');
    await page
      .getByLabel('What fills the new field of the lead')
      .selectOption({ label: 'Deal value' });
    await page.getByRole('button', { name: 'Add the field to the lead' }).press('Enter');
    await page.getByLabel('What fills jobtitle').selectOption({ label: 'A fixed text' });
    await page.getByRole('button', { name: 'Preview on leads' }).first().press('Enter');
    await page.getByText('Write the fixed text that is to be sent.').waitFor();
    await page.getByLabel('Fixed text for jobtitle').fill('Owner');
    await page
      .locator('#table-lead')
      .getByRole('button', { name: 'Remove lastname' })
      .press('Enter');
    await page.getByText('The CRM requires "lastname" and nothing fills it.').waitFor();
    await page.getByText('1 required field that nothing fills.').waitFor();
    await page.getByRole('button', { name: 'Save' }).first().press('Enter');
    await page.getByRole('alert').first().getByText('The mapping was not saved').waitFor();
    await page.goto(`${home}/settings/mapping`);
    await page
      .locator('#table-lead')
      .getByLabel('What fills telephone1')
      .selectOption({ label: 'A fixed text' });
    await page.getByRole('button', { name: 'Preview on leads' }).first().press('Enter');
    await page.locator('#preview').getByText('Lead: lastname').first().waitFor();
    await page.getByLabel('Fixed text for telephone1').fill('+1 555 0000');
    await page.getByRole('button', { name: 'Save' }).first().press('Enter');
    await page.getByText('The mapping is saved.').waitFor();
    await page.getByRole('button', { name: 'Restore the mapping as it comes' }).press('Enter');
    await page.getByText('The older version is in force again').waitFor();
    expect(
      await stage.database.query('select version from push_mappings order by version'),
    ).toEqual([{ version: 1 }, { version: 2 }]);
  });
});

describe.each([1440, 390])('at %i px', (width) => {
  const look = async (page: Page, name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await expectNothingSticksOut(page);
      if (pictures)
        await page.screenshot({
          path: `.screenshots/${width}-${colorScheme}-${name}.png`,
          fullPage: true,
        });
      // The page is the same on a phone; only its measures differ.
      if (width < 1440 && !pictures) continue;
      const axe = new AxeBuilder({ page }).setLegacyMode(true);
      // Only colours differ in the dark.
      const { violations } = await (
        colorScheme === 'light' ? axe : axe.withRules(['color-contrast'])
      ).analyze();
      expect(
        violations.map(({ id, nodes }) => [id, nodes[0]?.target, nodes[0]?.failureSummary]),
        `${name} at ${width} px, ${colorScheme}`,
      ).toEqual([]);
    }
  };

  it('every page about pushes is in order', { timeout: 240_000 }, async () => {
    await stageStates();
    const { page } = await stage.signedIn(admin, { viewport: { width, height: 900 } });
    const more = [
      ['pushes-failed', 'pushes?state=failed&search=mary'],
      ['pushes-none', 'pushes?search=nobody'],
    ] as const;
    for (const [name, path] of [
      ['pushes', 'pushes'],
      ['conflicts', 'conflicts'],
      ...(pictures ? more : []),
    ] as const) {
      await page.goto(`${home}/${path}`);
      await look(page, name);
    }
    const editor = await page.goto(`${home}/settings/mapping`);
    expect(gzipSync((await editor?.body()) ?? '').length, 'the budget of a page').toBeLessThan(
      60_000,
    );
    await page.getByRole('button', { name: 'Preview on leads' }).first().click();
    await page.locator('#preview').waitFor();
    await look(page, 'mapping-preview');
    for (const [name, lead] of [
      ['panel-failed', 'Mary Jackson'],
      ...(pictures
        ? ([
            ['panel', 'Ada Lovelace'],
            ['panel-conflict', names[2] ?? ''],
            ['panel-never', 'Edith Clarke'],
          ] as const)
        : []),
    ] as const) {
      await openLead(page, lead);
      await look(page, name);
    }
    await page.goto(`${home}/pushes`);
    await page
      .getByRole('link', { name: /Sent|Both sides agree/ })
      .first()
      .click();
    await page.getByText('Steps', { exact: true }).waitFor();
    await look(page, 'push');
  });
});

/** One push in each state, as the engine leaves them. */
async function stageStates(): Promise<void> {
  const [failed, torn] = [await idOf('Mary Jackson'), await idOf(names[2] ?? '')];
  const message =
    'Dynamics 365 requires "Topic" (subject) of every lead, and nothing of ' +
    'ours fills it. Add it to the lead or to the field mapping.';
  await stage.database.query(
    `insert into pushes (tenant_id, connection_id, lead_id, state, attempts, last_attempt_at,
       error_kind, error_message)
     values ($1, $2, $3, 'failed', 3, now(), 'malformed', $4)
     on conflict do nothing`,
    [tenantId, crm, failed, message],
  );
  await stage.database.query(
    `insert into pushes (tenant_id, connection_id, lead_id, state, synced_at, remote_id, error_kind,
       error_message)
     values ($1, $2, $3, 'conflict', now(), '7d5b0000-0000-4000-8000-00000000c0de', 'conflict',
       'Both sides changed: Company Name, Lead Source.')
     on conflict do nothing`,
    [tenantId, crm, torn],
  );
  const sides: [string, string | null, string | null, string | null][] = [
    [
      'companyname',
      'Featherstonehaugh & Daughters, Purveyors of Fine ' +
        'Kitchens and Everything That Goes With Them',
      'Featherstonehaugh',
      'Feather Ltd',
    ],
    ['leadsourcecode', '1', '4', null],
    ['@lead', 'open', 'deleted', null],
  ];
  for (const [field, ours, theirs, base] of sides) {
    await stage.database.query(
      `insert into push_conflicts (tenant_id, push_id, field, ours, theirs, base)
       select tenant_id, id, $2, $3, $4, $5
       from pushes
       where lead_id = $1
       on conflict do nothing`,
      [torn, field, ours, theirs, base],
    );
  }
}
