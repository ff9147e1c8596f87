import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess } from '../helpers/processes.ts';
import { client, opportunity } from '../helpers/rows.ts';

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'one',
        webKey: 'CT_cli_key',
        accessToken: 'cli-token',
        rows: { clients: [client(1), client(2)], opportunities: [opportunity(1)] },
      }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
});
afterAll(() => sandbox.close());

async function tributary(
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  const { exited, output } = startProcess(
    'cli/index.ts',
    db.url,
    { LOG_LEVEL: 'error', ...env },
    args,
  );
  const { code } = await exited;
  return { code, output: output() };
}

const connect = (more: string[]) =>
  tributary([
    'connection',
    'create',
    '--tenant',
    'acme',
    '--provider',
    'clienttether',
    '--secret',
    'webKey=CT_cli_key',
    '--secret',
    'accessToken=cli-token',
    ...more,
  ]);

describe('the command line', () => {
  it('goes from nothing to synced data', async () => {
    expect(
      await tributary([
        'tenant',
        'create',
        '--slug',
        'acme',
        '--name',
        'Acme',
        '--time-zone',
        'America/Denver',
      ]),
    ).toMatchObject({ code: 0 });
    const user = await tributary([
      'user',
      'create',
      '--email',
      'Ana@Acme.test',
      '--tenant',
      'acme',
      '--role',
      'admin',
      '--json',
    ]);
    expect(JSON.parse(user.output)).toMatchObject({
      email: 'ana@acme.test',
      setPasswordUrl: expect.stringContaining('/reset-password?token=') as string,
    });
    expect(await connect(['--setting', `baseUrl=${sandbox.clienttether.baseUrl}`])).toMatchObject({
      code: 0,
    });
    const synced = await tributary(['sync', '--tenant', 'acme', '--json']);
    expect(synced.code).toBe(0);
    const [report] = JSON.parse(synced.output) as {
      status: string;
      streams: { stream: string; inserted: number }[];
    }[];
    expect(report?.status).toBe('success');
    expect(report?.streams.find(({ stream }) => stream === 'clients')?.inserted).toBe(2);
    expect(await tributary(['sync'])).toMatchObject({ code: 0, output: 'Nothing is due.' });
    const listed = await tributary(['connection', 'list', '--tenant', 'acme']);
    expect(listed.output).toMatch(/clienttether .*active/);
  });

  it('maps stages and fields of a connection by its settings', async () => {
    const [{ id } = { id: '' }] = JSON.parse(
      (await tributary(['connection', 'list', '--tenant', 'acme', '--json'])).output,
    ) as { id: string }[];
    const update = (setting: string) =>
      tributary([
        'connection',
        'update',
        '--tenant',
        'acme',
        '--connection',
        id,
        '--setting',
        setting,
      ]);
    expect(await update('stages={"FDD Sent":')).toMatchObject({
      code: 2,
      output: expect.stringContaining('not valid JSON') as string,
    });
    expect(await update('stages={"FDD Sent":{"likelyPct":999}}')).toMatchObject({ code: 2 });
    expect(await update('stages={"FDD Sent":{"likelyPct":45}}')).toMatchObject({ code: 0 });
    await tributary(['sync', '--tenant', 'acme']);
    expect(
      await db.query(
        `select likely_pct::float8, weighted_iff::float8 as weighted from hot_list_items`,
      ),
    ).toEqual([{ likely_pct: 45, weighted: 2 * 45_000 * 0.45 }]);
  });

  it.each([
    [
      'a slug that is taken',
      ['tenant', 'create', '--slug', 'acme', '--name', 'Again'],
      4,
      /already exists/,
    ],
    [
      'a slug that cannot be one',
      ['tenant', 'create', '--slug', 'No Good', '--name', 'x'],
      2,
      /lower-case/,
    ],
    [
      'an unknown zone',
      ['tenant', 'create', '--slug', 'zone', '--name', 'x', '--time-zone', 'Mars/Olympus'],
      2,
      /not a time zone/,
    ],
    ['an unknown workspace', ['sync', '--tenant', 'nobody'], 3, /tenant list/],
    [
      'an unknown provider',
      ['connection', 'create', '--tenant', 'acme', '--provider', 'nope'],
      2,
      /Known providers: clienttether/,
    ],
    [
      'an unknown role',
      ['user', 'create', '--email', 'b@acme.test', '--tenant', 'acme', '--role', 'king'],
      2,
      /Choose viewer, member or admin/,
    ],
  ])('answers %s in plain words and with an exit code', async (_what, args, code, words) => {
    const result = await tributary(args);
    expect(result.code).toBe(code);
    expect(result.output).toMatch(words);
    expect(result.output).not.toMatch(/at \w+ \(|node_modules/);
  });

  it("lets no connection name a host that is not its provider's, and leaks no secret", async () => {
    for (const allowed of ['1', '0']) {
      const baseUrl =
        allowed === '0'
          ? sandbox.clienttether.baseUrl
          : 'https://api.clienttether.com.evil.example/';
      const args = [
        'connection',
        'create',
        '--tenant',
        'acme',
        '--provider',
        'clienttether',
        '--secret',
        'webKey=CT_cli_key',
        '--secret',
        'accessToken=cli-token',
        '--setting',
        `baseUrl=${baseUrl}`,
      ];
      const result = await tributary(args, { ALLOW_LOOPBACK_PROVIDERS: allowed });
      expect(result.code).toBe(2);
      expect(result.output).not.toMatch(/cli-token|CT_cli_key/);
    }
  });

  it('tells a failed sync and an unusable database by their exit codes', async () => {
    sandbox.faults.arm({ kind: 'down' });
    const failed = await tributary(['sync', '--tenant', 'acme']);
    expect(failed.code).toBe(6);
    expect(failed.output).toContain('acme: failed');
    sandbox.faults.disarm();
    sandbox.clienttether.poison('one', { kind: 'clients', poison: 'nul', count: 1 });
    expect((await tributary(['sync', '--tenant', 'acme'])).code).toBe(5);
    expect(
      (
        await tributary(['tenant', 'list'], {
          DATABASE_URL: 'postgres://nobody:secret-pw@127.0.0.1:1/none',
        })
      ).code,
    ).toBe(7);
  });
});
