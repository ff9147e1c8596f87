import { afterAll, beforeAll, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess } from '../helpers/processes.ts';
import { client } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'acme',
        webKey: 'CT_acme',
        accessToken: 'token-acme',
        rows: { clients: [client(1)] },
      }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'acme');
  sandbox.clienttether.poison('acme', { kind: 'clients', poison: 'nul', count: 2 });
  await syncConnection({
    tenantId: workspace.tenant.id,
    connectionId: workspace.connection.id,
    trigger: 'cli',
  });
});
afterAll(() => sandbox.close());

async function deadLetters(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { exited, output } = startProcess('cli/index.ts', db.url, { LOG_LEVEL: 'error' }, [
    'dead-letters',
    ...args,
  ]);
  const { code } = await exited;
  return { code, output: output() };
}

it('operators list, retry and discard failed records and jobs from the command line', async () => {
  const listed = JSON.parse((await deadLetters('list', '--tenant', 'acme', '--json')).output) as {
    groups: object[];
    records: { id: string }[];
    jobs: object[];
  };
  expect(listed).toMatchObject({
    groups: [
      { records: 2, connection: workspace.connection.id, stream: 'clients', kind: 'characters' },
    ],
    records: [{}, {}],
    jobs: [],
  });
  const [{ id } = { id: '' }] = listed.records;
  expect(await deadLetters('retry', '--tenant', 'acme', '--record', id)).toMatchObject({
    code: 0,
    output: expect.stringContaining('rejected again') as string,
  });
  expect(
    await deadLetters(
      'retry',
      '--tenant',
      'acme',
      '--connection',
      workspace.connection.id,
      '--stream',
      'clients',
      '--kind',
      'characters',
    ),
  ).toMatchObject({ code: 0, output: expect.stringContaining('rejected again 2') as string });
  expect(
    await deadLetters('discard', '--tenant', 'acme', '--record', id, '--note', 'A test entry'),
  ).toMatchObject({ code: 0 });
  expect(
    await deadLetters('discard', '--tenant', 'acme', '--record', id, '--note', 'Again'),
  ).toMatchObject({
    code: 4,
    output: expect.stringContaining('was discarded in the meantime') as string,
  });
  expect(await deadLetters('retry', '--tenant', 'acme')).toMatchObject({ code: 2 });
  expect(await deadLetters('retry', '--tenant', 'acme', '--job', id)).toMatchObject({ code: 3 });
  expect(
    await db.query(`select note, resolved_by from record_errors where resolution = 'discarded'`),
  ).toEqual([{ note: 'A test entry', resolved_by: null }]);
});
