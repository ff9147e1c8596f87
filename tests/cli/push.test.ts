import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess } from '../helpers/processes.ts';
import { addLeads, org, pushStage, truth, type PushStage } from '../outbound/stage.ts';

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;
let stage: PushStage;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [org],
    now: Date.UTC(2026, 10, 20),
  });
  stage = await pushStage(db, sandbox);
});
afterAll(() => sandbox.close(0));

async function push(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { exited, output } = startProcess('cli/index.ts', db.url, { LOG_LEVEL: 'error' }, [
    'push',
    ...args,
    '--tenant',
    stage.slug,
  ]);
  const { code } = await exited;
  return { code, output: output() };
}

it('operators send leads, look where they stand and ask again from the command line', async () => {
  await addLeads(stage, [{ domain: 'globex.example', email: 'ada@globex.example' }]);
  expect(await push('run', '--domain', 'globex.example')).toMatchObject({
    code: 0,
    output: expect.stringContaining('Pushed 1, unchanged 0, in conflict 0, failed 0.') as string,
  });
  expect(truth(stage, 'lead')).toHaveLength(1);
  const [status, counts, retried, unknown] = await Promise.all([
    push('status', '--domain', 'globex.example'),
    push('status', '--json'),
    push('retry'),
    push('run', '--lead', stage.tenantId),
  ]);
  expect(status).toMatchObject({ code: 0, output: expect.stringContaining('synced') as string });
  expect(JSON.parse(counts.output)).toEqual([
    {
      connectionId: stage.connectionId,
      connection: 'Dynamics 365',
      state: 'synced',
      count: 1,
      oldest: null,
    },
  ]);
  expect(retried).toMatchObject({ code: 0, output: 'No lead has failed.' });
  expect(unknown).toMatchObject({ code: 3, output: 'There is no such lead in this workspace.' });
});
