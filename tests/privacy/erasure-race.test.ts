import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { getErasure } from '#lib/privacy/erasure/receipts.ts';
import { requestErasure } from '#lib/privacy/erasure/request.ts';
import { runErasure } from '#lib/privacy/erasure/run.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { replay } from '../helpers/replay.ts';
import { client } from '../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';
import { findTraces, person, syncAll } from './stage.ts';

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;

/** On the second of two pages. */
const late = 150;

beforeAll(async () => {
  const clients = Array.from({ length: 160 }, (_, index) =>
    client(
      1 + index,
      index + 1 === late
        ? { firstName: person.first, lastName: person.last, email: person.email }
        : {},
    ),
  );
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'one',
        webKey: 'CT_one',
        accessToken: 'token-one-0123',
        rows: { clients },
      }),
    ],
  });
  workspace = await createWorkspace(sandbox, 'one');
});
afterAll(() => sandbox.close());

const countLeads = async () =>
  (await db.query<{ leads: number }>('select count(*)::int as leads from leads'))[0]?.leads;

describe('an erasure while a sync is under way', () => {
  it('keeps the person out of a page that was asked for before, and says so', async () => {
    const { id } = workspace.tenant;
    sandbox.faults.arm({
      kind: 'latency',
      ms: 3_000,
      endpoint: 'GET read_client_list',
      after: 1,
      next: 1,
    });
    const syncing = syncAll(workspace);
    for (let leads = await countLeads(); (leads ?? 0) < 1; leads = await countLeads())
      await new Promise((resolve) => setTimeout(resolve, 20));
    const erasureId = await requestErasure(id, { email: person.email }, { runsHere: true });
    expect(await runErasure(id, erasureId)).toBe(true);
    expect(await syncing).toMatchObject({ status: 'success' });
    expect(await countLeads()).toBe(159);
    expect(await findTraces(db, id)).toEqual([]);
    expect((await getErasure(id, erasureId)).keptOut).toBe(1);
  });

  it('is not undone by a replay', async () => {
    expect((await replay(workspace)).status).toBe('success');
    expect(await findTraces(db, workspace.tenant.id)).toEqual([]);
    expect(await countLeads()).toBe(159);
  });
});
