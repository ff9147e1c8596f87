/*
 * What operators change from the command line. One process a command.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { useDatabase } from '../../helpers/database.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { startProcess } from '../../helpers/processes.ts';
import { client } from '../../helpers/rows.ts';
import { createWorkspace, type Workspace } from '../../helpers/workspace.ts';
import { followAudit, toLines, type News } from './news.ts';

allowForLoad();
const database = useDatabase();
const news = followAudit(database);
let sandbox: Sandbox;
let acme: Workspace;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'acme',
        webKey: 'CT_acme',
        accessToken: 'token-acme',
        rows: { clients: [client(1, { email: 'pat@acmebakery.com' })] },
      }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  acme = await createWorkspace(sandbox, 'acme');
  await news();
});
afterAll(() => sandbox.close(0));

/** The events that a command leaves. */
async function run(command: string, env: Record<string, string> = {}): Promise<News[]> {
  const { exited, output } = startProcess(
    'cli/index.ts',
    database.url,
    { LOG_LEVEL: 'error', ...env },
    command.split(' '),
  );
  expect([(await exited).code, output()]).toEqual([0, expect.any(String)]);
  return news();
}

describe('what an operator changes is in the log', () => {
  it('from connecting a system to rotating keys', async () => {
    const own = `--tenant acme --connection ${acme.connection.id}`;
    const { label } = acme.connection;
    const secrets = '--secret webKey=CT_acme --secret accessToken=token-acme';
    const connect = `connection create --tenant acme --provider clienttether --label Two ${secrets}`;
    const created = await run(`${connect} --setting baseUrl=${sandbox.clienttether.baseUrl}`);
    expect(toLines(created)).toEqual(['connection.created: Two']);
    expect(created[0]?.by).toMatch(/^operator \S/);
    expect(JSON.stringify(created)).not.toContain('token-acme');
    const [updated] = await run(`connection update ${own} --setting pageSize=50`);
    expect(updated).toMatchObject({
      action: 'connection.settings_changed',
      target: label,
      before: { pageSize: null },
      after: { pageSize: '50' },
    });
    expect(toLines(await run(`connection update ${own} --setting pageSize=50`)), 'again').toEqual(
      [],
    );
    expect(toLines(await run(`sync ${own}`))).toEqual([`sync.requested: ${label}`]);
    expect(toLines(await run(`sync ${own} --accept-deletions`))).toEqual([
      `deletion.confirmed: ${label}`,
    ]);
    expect(toLines(await run(`replay ${own}`))).toEqual([
      `replay.requested: ${label}`,
      `replay.finished: ${label}`,
    ]);
    expect(toLines(await run(`replay ${own} --dry-run`))).toEqual([]);
    const rotated = await run('keys rotate');
    expect(toLines(rotated)).toEqual([expect.stringMatching(/^key.rotated: \w/)]);
    expect(rotated[0]?.after).toEqual({ resealed: 0, replaced: 0, unopened: 0 });
  });

  it('workspaces, accounts, scores, indexes and stored responses', async () => {
    expect(toLines(await run('tenant create --slug beta --name Beta'))).toEqual([
      'workspace.created: Beta',
    ]);
    const update = 'tenant update --tenant acme --raw-retention-days 45 --enable lead-engine';
    const changed = await run(update);
    expect(toLines(changed)).toEqual([
      `settings.changed: ${acme.tenant.name}`,
      'feature.switched: lead-engine',
    ]);
    expect(changed[0]?.after).toMatchObject({ rawRetentionDays: 45 });
    const user = 'user create --email pat@acme.test --tenant acme --role member --staff';
    expect((await run(user)).map(({ action }) => action)).toEqual(
      expect.arrayContaining(['account.created', 'staff.granted']),
    );
    expect(toLines(await run('leads index --tenant acme'))).toEqual(['search.reindexed']);
    expect(toLines(await run('raw prune --tenant acme'))).toEqual(['raw.pruned']);
    expect(toLines(await run('score rescore --tenant acme'))).toEqual(['score.recomputed']);
    expect(toLines(await run('domain rescan --tenant acme --domain acmebakery.com'))).toEqual([
      'scan.requested: acmebakery.com',
    ]);
    for (const command of ['tenant list', 'keys status', 'raw verify --tenant acme'])
      expect(await run(command), command).toEqual([]);
  });
});
