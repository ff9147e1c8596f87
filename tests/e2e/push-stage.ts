/*
 * A workspace that pushes leads to a CRM, with a worker and a browser, for one file of tests.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { rowsAccount } from '../../sandbox/index.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { setFeature } from '#lib/identity/features.ts';
import { startProcess, type TestProcess } from '../helpers/processes.ts';
import { client } from '../helpers/rows.ts';
import { org } from '../outbound/stage.ts';
import { useStage } from './stage.ts';

export const admin = 'admin@cedar.test';
export const viewer = 'viewer@cedar.test';
export const home = '/w/cedar';
export const names = [
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

export let tenantId = '';
export let crm = '';
let worker: TestProcess;

export const stage = useStage({
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

export const idOf = async (name: string) =>
  (
    await stage.database.query<{ id: string }>(
      'select id from leads where name = $1 and mirror_of is null',
      [name],
    )
  )[0]?.id ?? '';

export const panel = (page: Page) => page.locator('#push-panel');

export async function openLead(page: Page, name: string): Promise<string> {
  const id = await idOf(name);
  await page.goto(`${home}/leads/${id}`);
  return id;
}
