import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { checkCredentials } from '../../src/lib/connections/check.ts';
import { admit } from '../../src/lib/connections/circuit/store.ts';
import { createConnectionClient } from '../../src/lib/connections/client.ts';
import { openConnection } from '../../src/lib/connections/connections.ts';
import { useDatabase } from '../helpers/database.ts';
import { client } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'gated',
        webKey: 'CT_gated',
        accessToken: 'token-gated',
        rows: { clients: [client(1)] },
      }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'gated');
});
afterAll(() => sandbox.close());

async function check(probe = false): Promise<void> {
  const { tenant, connection } = workspace;
  const { provider, settings, secrets } = await openConnection(tenant.id, connection.id);
  const http = createConnectionClient(provider, settings, {
    retry: { baseMs: 1 },
    owner: { tenantId: tenant.id, connectionId: connection.id, probe },
  });
  try {
    await provider.check({ http, settings, secrets, now: new Date(), concurrency: 1 });
  } finally {
    await http.close();
  }
}

describe('the client of a stored connection', () => {
  it('leaves a source alone after two requests with all retries, and probes once', async () => {
    const { tenant, connection } = workspace;
    sandbox.faults.arm({ kind: 'down' });
    for (const time of [1, 2])
      await expect(check(), `request ${time}`).rejects.toMatchObject({
        kind: 'transient',
        unsent: false,
      });
    await expect(check()).rejects.toMatchObject({
      kind: 'transient',
      unsent: true,
      message: expect.stringMatching(/^ClientTether has not been responding since/) as string,
    });
    expect(await admit(tenant.id, connection.id, { insist: true })).toEqual({ kind: 'probe' });
    await expect(check(true)).rejects.toMatchObject({ unsent: true });
    sandbox.faults.disarm();
    await expect(check(), 'not before the next probe').rejects.toMatchObject({ unsent: true });
    expect(await admit(tenant.id, connection.id, { insist: true })).toEqual({ kind: 'probe' });
    await check(true);
    await check();
    expect(await db.query('select state, failures, openings from circuits')).toEqual([
      { state: 'closed', failures: 0, openings: 0 },
    ]);
  });

  it('shares nothing while credentials are only tried out', async () => {
    const { provider, settings, secrets } = await openConnection(
      workspace.tenant.id,
      workspace.connection.id,
    );
    const before = await db.query('select * from circuits');
    sandbox.faults.arm({ kind: 'down' });
    for (let time = 0; time < 9; time += 1)
      await expect(checkCredentials(provider, settings, secrets)).rejects.toThrow(
        'could not check these credentials',
      );
    sandbox.faults.disarm();
    expect(await db.query('select * from circuits')).toEqual(before);
    await check();
  });
});
