import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { until } from '../helpers/processes.ts';
import { askAll, Reader } from './oauth-readers.ts';
import {
  connectOAuth,
  enteredSecrets,
  startOAuthSandbox,
  type OAuthSandbox,
} from './oauth-stage.ts';

/** A connection and one of another workspace that uses its sign-in, each read by two processes. */
allowForLoad();
const db = useDatabase();
const rounds = 5;
let sandbox: OAuthSandbox;
let owner: string[];
let borrower: string[];
const readers: Reader[] = [];

beforeAll(async () => {
  sandbox = await startOAuthSandbox({ accessSeconds: 3_600 });
  const [agency, client] = [
    (await createTenant({ slug: 'agency', name: 'Agency' })).id,
    (await createTenant({ slug: 'client', name: 'Client' })).id,
  ];
  owner = [agency, await connectOAuth(db, agency, enteredSecrets)];
  borrower = [client, await connectOAuth(db, client, {})];
  await db.query(`update connections set settings = $1`, [{ baseUrl: sandbox.baseUrl }]);
  await db.query('insert into lent_authorizations values ($1, $2, $3, $4)', [
    ...owner,
    ...borrower,
  ]);
  await db.query('insert into borrowed_authorizations values ($1, $2, $3, $4)', [
    ...borrower,
    ...owner,
  ]);
  for (const one of [owner, borrower, owner, borrower])
    readers.push(new Reader(db.url, [sandbox.baseUrl, ...one]));
  await until('all are ready', () => readers.every(({ answers }) => answers.length === 1));
});
afterAll(async () => {
  for (const { child } of readers) child.kill('SIGKILL');
  await sandbox.close(0);
});

const statuses = () =>
  db.query<{ status: string; reason: string | null }>(
    `select status, status_reason as reason from connections order by id = $1 desc`,
    [owner[1]],
  );

/** The borrower's process renews the token and ends at the named place, lease in hand. */
async function dieAt(failpoint: string): Promise<void> {
  const { child } = new Reader(db.url, [sandbox.baseUrl, ...borrower], { FAILPOINT: failpoint });
  sandbox.log.clear();
  sandbox.desk.expire('one');
  child.stdin?.write('dies\n');
  await new Promise((resolve) => child.once('exit', resolve));
  expect(sandbox.statuses('POST token')).toEqual([200]);
  await db.query(
    `update credentials set lease_until = clock_timestamp() where lease_until is not null`,
  );
}

describe('processes of two workspaces that share a single-use grant', () => {
  it('make one token call for each expiry, and lose no rotation', async () => {
    for (let round = 0; round < rounds; round += 1) {
      sandbox.log.clear();
      sandbox.desk.expire('one');
      expect(await askAll(readers, `round-${round}`)).toEqual(Array(4).fill(`round-${round} 200`));
      expect(sandbox.statuses('POST token')).toEqual([200]);
    }
    expect(
      await db.query('select distinct tenant_id, connection_id as id from credentials'),
    ).toEqual([{ tenant_id: owner[0], id: owner[1] }]);
  });

  it('lose nothing when the borrower dies after it has stored the new token', async () => {
    await dieAt('token.after_store');
    expect(await askAll(readers, 'stored')).toEqual(Array(4).fill('stored 200'));
    expect(sandbox.statuses('POST token')).toEqual([200]);
  });

  it('lose the grant when it dies before that, and both say so', async () => {
    await dieAt('token.before_store');
    const answers = await askAll(readers, 'lost');
    expect(answers.filter((answer) => answer.endsWith('200'))).toEqual([]);
    expect(answers[1]).toMatch(/no longer renews the agency's sign-in/);
    expect(await statuses()).toEqual([
      { status: 'needs_reconnect', reason: expect.stringContaining('invalid_grant') as string },
      { status: 'needs_reconnect', reason: expect.stringContaining('agency') as string },
    ]);
  });
});
