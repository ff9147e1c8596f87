import { describe, expect, it } from 'vitest';
import { rowsAccount } from '../../sandbox/index.ts';
import { expectNothingSticksOut } from '../helpers/browser.ts';
import { client } from '../helpers/rows.ts';
import { useStage } from './stage.ts';

/** Where pictures of the pages go, if they are wanted. */
const pictures = process.env['SCREENSHOTS'] === undefined ? undefined : '.screenshots';
const email = 'ada@lovelace.example';

const stage = useStage({
  accounts: [
    rowsAccount({
      name: 'one',
      webKey: 'CT_one',
      accessToken: 'token-of-one',
      rows: {
        clients: [
          client(1, { firstName: 'Ada', lastName: 'Lovelace', email, phone: '303-555-0142' }),
          client(2),
        ],
      },
    }),
  ],
  prepare: async ({ workspace, user }) => {
    await workspace('one');
    await user('admin@one.test', { tenantSlug: 'one', role: 'admin', name: 'Ann Admin' });
  },
});

describe('the page of privacy', () => {
  it('shows what is found, erases after a confirmation, and leaves a receipt', async () => {
    const options = { viewport: { width: 390, height: 900 }, javaScriptEnabled: false };
    const { page } = await stage.signedIn('admin@one.test', options);
    const shoot = async (name: string) => {
      await expectNothingSticksOut(page);
      for (const colorScheme of ['light', 'dark'] as const)
        for (const width of pictures === undefined ? [] : [390, 1440]) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 900 });
          const path = `${pictures}/privacy-${name}-${width}-${colorScheme}.png`;
          await page.screenshot({ path, fullPage: true });
        }
    };
    await page.goto(`${stage.web.url}/w/one/settings/privacy`);
    await page.getByLabel('E-mail address, telephone number').fill(email);
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    expect(await page.getByRole('link', { name: 'Ada Lovelace' }).count()).toBe(1);
    await shoot('found');
    await page.getByLabel(`Type ${email} to confirm`).fill('somebody else');
    await page.getByRole('button', { name: 'Erase for good' }).click();
    expect(await page.getByText('Nothing was erased').count()).toBe(1);
    await page.getByRole('button', { name: 'Find', exact: true }).click();
    await page.getByLabel(`Type ${email} to confirm`).fill(email);
    await page.getByRole('button', { name: 'Erase for good' }).click();
    expect(await page.getByText('The person is on the erasure list').count()).toBe(1);
    await page.locator('#erasures a').click();
    expect(await page.getByText('What remains, and why').count()).toBe(1);
    expect(await page.content()).not.toContain('Lovelace');
    await shoot('receipt');
    const [erasure] = await stage.database.query<{ found: object; requested_by_name: string }>(
      'select found, requested_by_name from erasures',
    );
    expect(erasure).toMatchObject({ found: { leads: 1 }, requested_by_name: 'admin@one.test' });
  });
});
