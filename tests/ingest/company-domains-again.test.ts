import { afterAll, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { dryRun, replay } from '../helpers/replay.ts';
import { client } from '../helpers/rows.ts';
import { createWorkspace } from '../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox | undefined;
afterAll(() => sandbox?.close());

const emails = [
  'a@comcast.net',
  'b@comcast.net',
  'c@att.net',
  'd@yahoo.ca',
  'e@pm.me',
  'f@acme.com',
];
const domains = () =>
  db.query<{ domain: string }>('select domain from company_domains order by domain');

it('takes the domains of mailbox providers from stored leads, without a request', async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'isp',
        webKey: 'CT_isp',
        accessToken: 'token-isp',
        rows: { clients: emails.map((email, index) => client(1 + index, { email })) },
      }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  const workspace = await createWorkspace(sandbox, 'isp', 'isp');
  await syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
  });
  expect(await domains()).toEqual([{ domain: 'acme.com' }]);

  // As releases before this one stored them.
  await db.query(`update leads set domain = split_part(email, '@', 2), mail_provider = 'other'`);
  await db.query(`insert into company_domains (tenant_id, domain)
    select distinct tenant_id, domain from leads on conflict do nothing`);
  expect(await domains()).toHaveLength(5);
  sandbox.log.clear();

  expect(
    (await dryRun(workspace)).streams.find(({ stream }) => stream === 'clients'),
  ).toMatchObject({ changed: 5 });
  expect(await replay(workspace)).toMatchObject({ recordsUpdated: 5, errorMessage: null });
  expect(sandbox.log.entries()).toEqual([]);
  expect(await domains()).toEqual([{ domain: 'acme.com' }]);
  expect(
    await db.query('select email, domain, mail_provider as of from leads order by email'),
  ).toEqual(
    emails.map((email) => ({
      email,
      domain: email === 'f@acme.com' ? 'acme.com' : null,
      of: null,
    })),
  );
});
