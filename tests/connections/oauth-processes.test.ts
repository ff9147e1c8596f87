import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { times } from '../helpers/deep.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { until } from '../helpers/processes.ts';
import { askAll, Reader } from './oauth-readers.ts';
import {
  connectOAuth,
  enteredSecrets,
  startOAuthSandbox,
  type OAuthSandbox,
} from './oauth-stage.ts';

allowForLoad();
const db = useDatabase();
const processes = 8;
const rounds = times(10, 200);
const patienceMs = times(60_000, 900_000);
let sandbox: OAuthSandbox;
let tenantId: string;
let connectionId: string;
const readers: Reader[] = [];

beforeAll(async () => {
  sandbox = await startOAuthSandbox({ accessSeconds: 3_600 });
  tenantId = (await createTenant({ slug: 'acme', name: 'Acme' })).id;
  connectionId = await connectOAuth(db, tenantId, enteredSecrets);
  for (let count = 0; count < processes; count += 1)
    readers.push(new Reader(db.url, [sandbox.baseUrl, tenantId, connectionId]));
  await until('all are ready', () => readers.every(({ answers }) => answers.length === 1));
});
afterAll(async () => {
  for (const { child } of readers) child.kill('SIGKILL');
  await sandbox.close(0);
});

describe(`${processes} processes that meet an expired token of a single-use grant`, () => {
  it(
    `make one token call for each expiry and all go on, ${rounds} times`,
    async ({ task }) => {
      task.meta.shown = {
        row: '8 processes meet an expired token whose refresh token is good once',
        figures: { expiries: rounds, 'token calls for each': 1 },
      };
      for (let round = 0; round < rounds; round += 1) {
        sandbox.log.clear();
        sandbox.desk.expire('one');
        await db.query(
          `update credentials
           set expires_at = now() - interval '1 second'
           where connection_id = $1 and name = 'accessToken'`,
          [connectionId],
        );
        // A slow endpoint in every other round: the others wait longer than their first looks.
        if (round % 2 === 1)
          sandbox.faults.arm({ kind: 'latency', ms: 150, endpoint: 'POST token', next: 1 });
        expect(await askAll(readers, `expired-${round}`)).toEqual(
          Array(processes).fill(`expired-${round} 200`),
        );
        expect(sandbox.statuses('POST token')).toEqual([200]);
      }
    },
    patienceMs,
  );

  it(
    'do so too when only the source knows that it is not good any more',
    async () => {
      for (let round = 0; round < Math.ceil(rounds / 2); round += 1) {
        sandbox.log.clear();
        sandbox.desk.expire('one');
        expect(await askAll(readers, `refused-${round}`)).toEqual(
          Array(processes).fill(`refused-${round} 200`),
        );
        expect(sandbox.statuses('POST token')).toEqual([200]);
      }
    },
    patienceMs,
  );

  it('go on when the one that has the lease is gone for good', async () => {
    sandbox.log.clear();
    sandbox.desk.expire('one');
    await db.query(
      `update credentials
       set lease_owner = gen_random_uuid(), lease_until = clock_timestamp() + interval '1 second'
       where connection_id = $1 and name = 'refreshToken'`,
      [connectionId],
    );
    expect(await askAll(readers, 'beside')).toEqual(Array(processes).fill('beside 200'));
    expect(sandbox.statuses('POST token')).toEqual([200]);
  });
});

describe('a process that dies while it renews a token', () => {
  /**
   * Asks in a process of its own, which ends at the named place, and frees the lease that it leaves
   * behind.
   */
  async function dieAt(failpoint: string): Promise<void> {
    const { child } = new Reader(db.url, [sandbox.baseUrl, tenantId, connectionId], {
      FAILPOINT: failpoint,
    });
    sandbox.log.clear();
    sandbox.desk.expire('one');
    child.stdin?.write('dies\n');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(sandbox.statuses('POST token')).toEqual([200]);
    await db.query(
      `update credentials
       set lease_until = clock_timestamp()
       where connection_id = $1 and lease_until is not null`,
      [connectionId],
    );
  }

  it('after it has stored the new one has lost nothing', async () => {
    await dieAt('token.after_store');
    expect(await askAll(readers, 'stored')).toEqual(Array(processes).fill('stored 200'));
    expect(sandbox.statuses('POST token')).toEqual([200]);
  });

  it('before it has stored the new one costs the grant, and every process says so', async () => {
    await dieAt('token.before_store');
    const answers = await askAll(readers, 'lost');
    expect(new Set(answers)).toEqual(
      new Set(['lost OAuth test no longer renews our access (invalid_grant). Connect it again.']),
    );
    await db.query('delete from connections where id = $1', [connectionId]);
  });
});
