import { gzipSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNothingSticksOut } from '../helpers/browser.ts';
import { admin, home, names, tenantId, crm, stage, idOf, openLead, panel } from './push-stage.ts';

/**
 * Leads on their way into Dynamics 365, as people see and handle them. With SCREENSHOTS=1 it also
 * takes pictures, into .screenshots/.
 */
const pictures = process.env['SCREENSHOTS'] !== undefined;

/** The editor shows the fields that a push has read from the CRM. */
beforeAll(async () => {
  const { page } = await stage.signedIn(admin);
  await openLead(page, 'Ada Lovelace');
  await panel(page)
    .getByRole('button', { name: /^Push now/ })
    .click();
  await panel(page).getByText('Synced', { exact: true }).waitFor({ timeout: 30_000 });
});

describe('the field mapping', () => {
  it('is edited by keyboard without JavaScript, checked, saved and put back', async () => {
    const { page } = await stage.signedIn(admin, { javaScriptEnabled: false });
    await page.goto(`${home}/settings/mapping`);
    await page.getByRole('button', { name: 'Read fields again' }).press('Enter');
    await page.getByText('The fields have been reloaded from the CRM.').waitFor();
    await page.getByLabel('Field to add to the lead').selectOption('jobtitle');
    await page.getByLabel('Source of the new lead field').selectOption({ label: 'Deal value' });
    await page.getByRole('button', { name: 'Add the field to the lead' }).press('Enter');
    await page.getByLabel('What fills jobtitle').selectOption({ label: 'Fixed text' });
    await page.getByRole('button', { name: 'Preview with leads' }).first().press('Enter');
    await page.getByText('Enter the fixed text to send.').waitFor();
    await page.getByLabel('Fixed text for jobtitle').fill('Owner');
    await page
      .locator('#role-lead')
      .getByRole('button', { name: 'Remove lastname' })
      .press('Enter');
    await page
      .getByText('The CRM\'s forms require "lastname" of people, but no row fills it.')
      .waitFor();
    await page.getByLabel('Fixed text for jobtitle').fill('');
    await page.getByRole('button', { name: 'Save' }).first().press('Enter');
    await page.getByRole('alert').first().getByText('The mapping was not saved').waitFor();
    await page.goto(`${home}/settings/mapping`);
    await page
      .locator('#role-lead')
      .getByLabel('What fills telephone1')
      .selectOption({ label: 'Fixed text' });
    await page.getByRole('button', { name: 'Preview with leads' }).first().press('Enter');
    await page.locator('#preview').getByText('Lead: lastname').first().waitFor();
    await page.getByLabel('Fixed text for telephone1').fill('+1 555 0000');
    await page.getByRole('button', { name: 'Save' }).first().press('Enter');
    await page.getByText('The mapping has been saved.').waitFor();
    await page.getByRole('button', { name: 'Restore the default mapping' }).press('Enter');
    await page.getByText('The older version has been restored').waitFor();
    expect(
      await stage.database.query('select version from push_mappings order by version'),
    ).toEqual([{ version: 1 }, { version: 2 }]);
  });

  it('shows and edits steps, what differs from the default, and versions', async () => {
    const { page } = await stage.signedIn(admin, { javaScriptEnabled: false });
    const click = (name: string | RegExp) =>
      page.getByRole('button', { name }).first().press('Enter');
    const lead = page.locator('#role-lead');
    const steps = lead.getByLabel('Steps for companyname, as JSON');
    const openSteps = () =>
      lead.getByRole('group', { name: 'companyname' }).locator('summary').last().press('Enter');
    await page.goto(`${home}/settings/mapping`);
    await page.getByText('All rows are as in the default.').waitFor();
    await openSteps();
    await steps.fill('[{"fn": "trim"');
    await click('Save');
    await page.getByRole('alert').first().getByText('text of a row cannot be read').waitFor();
    await lead.getByText('Its steps cannot be read.').waitFor();
    expect(await steps.inputValue()).toBe('[{"fn": "trim"');
    await steps.fill('[{"fn": "round"}]');
    await click('Preview with leads');
    await lead.getByText('Step 1: It takes a number, but is given text.').waitFor();
    await steps.fill('[{"fn": "case", "args": {"to": "upper"}}]');
    await page.getByLabel('Note on this version').fill('They write names in capitals.');
    await click('Save');
    await page.getByText('The mapping has been saved.').waitFor();
    await page.getByText('1 row differs from the default.').waitFor();
    await lead.getByText('case upper').waitFor();
    await page.getByText('They write names in capitals.').waitFor();
    // As if the release before had filled the row with something else.
    await stage.database.query(
      `update push_mappings set overrides = jsonb_set(overrides, '{0,base,sources}', '["city"]')
       where version = 3`,
    );
    await page.goto(`${home}/settings/mapping`);
    await page.getByText('from the default, which has changed for 1 of them since.').waitFor();
    await page.getByLabel('Keep companyname as it is here').check();
    await click('Save');
    await page.getByText('1 row differs from the default.').waitFor();
    await page.getByRole('link', { name: 'Changes of version 3' }).press('Enter');
    await page
      .locator('#history')
      .getByText('lead.companyname: Company, case, was Company')
      .waitFor();
    await click('Remove lastname');
    await page.getByRole('button', { name: 'Add lastname as in the default' }).waitFor();
    await click('Add lastname as in the default');
    await click('Reset to the default: companyname');
    await page.getByText('All rows are as in the default.').waitFor();
    await page
      .locator('#role-contact')
      .getByRole('button', { name: 'Remove telephone1' })
      .press('Enter');
    await click('Suggest rows');
    await click(/^Add telephone1 of the contact from Telephone/);
    await page.locator('#role-contact').getByLabel('What fills telephone1').waitFor();
    await click('Restore the default mapping');
    await page.getByText('The older version has been restored').waitFor();
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
    await page.getByRole('button', { name: 'Preview with leads' }).first().click();
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
