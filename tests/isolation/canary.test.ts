import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../scripts/build.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess, until, type TestProcess } from '../helpers/processes.ts';
import { password, WebClient } from '../helpers/web.ts';
import { buildNest, canaryAccount, common, crew, idsOf, mailIn, type Nest } from './canaries.ts';
import { ask, crawl, type Answer, type Crawl } from './crawl.ts';
import { leaksIn, secretSpellings, textsWith } from './leaks.ts';
import { stateOf } from './world.ts';

allowForLoad();
const db = useDatabase();
let sandbox: Sandbox;
let [ours, theirs] = [] as unknown as [Nest, Nest];
let web: TestProcess;
let origin = '';
let theirIds = new Set<string>();
/** The workspace of the others as they see it: what is there to be leaked, and where. */
let treasure: Crawl;
const logs: string[] = [];
const answers: Answer[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [canaryAccount('kwqalpha', 1_000), canaryAccount('kwqbravo', 777_000)],
  });
  [ours, theirs] = [
    await buildNest(db, sandbox, 'kwqalpha'),
    await buildNest(db, sandbox, 'kwqbravo'),
  ];
  await createUser({ email: 'everywhere@example.test', password, staff: true });
  sandbox.faults.arm({ kind: 'status', status: 500, after: 3, next: 2 });
  await ensureBuilt();
  web = startProcess('scripts/web.ts', db.url, { LOG_LEVEL: 'trace', PORT: '0' });
  // Without a workspace it syncs all that are due: both.
  const sync = startProcess('cli/index.ts', db.url, { LOG_LEVEL: 'trace' }, ['sync']);
  await sync.exited;
  logs.push(sync.output());
  await until('the web is ready', () => web.output().includes('web.ready'));
  origin = `http://localhost:${/"port":(\d+)/.exec(web.output())?.[1]}`;
  theirIds = await idsOf(db, theirs);
  treasure = await crawl(await enter(theirs, 'admin'), [
    '/',
    '/workspaces',
    '/account',
    `/api/sync/status?tenant=${theirs.mark}`,
  ]);
  answers.push(...treasure.answers);
});
afterAll(async () => {
  web?.child.kill('SIGTERM');
  await web?.exited;
  await sandbox?.close();
});

const enter = ({ mark }: Nest, role: (typeof crew)[number]) =>
  new WebClient(origin).signIn(mailIn(mark, role), password);

/** Fails for everything of the others that came back to a request of ours. */
function expectNothingOfTheirs(found: Answer[]): void {
  answers.push(...found);
  expect(found.flatMap((answer) => leaksIn(answer, theirs.mark, theirIds))).toEqual([]);
}

describe('what a workspace holds', () => {
  it('is all there for its own people to see, so that it could leak', () => {
    const shown = new Set(
      treasure.answers.flatMap(({ text }) =>
        [...text.matchAll(new RegExp(`${common}-${theirs.mark}-([a-z]+)`, 'gi'))].map(
          ([, field = '']) => field,
        ),
      ),
    );
    const fields = [
      'first',
      'last',
      'company',
      'email',
      'phone',
      'source',
      'stage',
      'owner',
      'market',
      'author',
      'note',
      'type',
      'contact',
      'activity',
      'status',
      'title',
      'guest',
      'event',
      'report',
      'html',
      'boss',
      'user',
      'workspace',
      'label',
    ];
    expect([...shown]).toEqual(expect.arrayContaining(fields));
    expect(
      treasure.answers.filter(({ asked }) => /\.(csv|xlsx)/.test(asked)).length,
    ).toBeGreaterThan(8);
    expect(treasure.answers.some(({ asked }) => asked.includes('cursor='))).toBe(true);
  });

  it.each(crew)(
    'shows nowhere to a %s of another workspace, who follows every link and sends every form',
    async (role) => {
      const client = await enter(ours, role);
      const { answers: found, forms } = await crawl(client, [
        '/',
        '/workspaces',
        '/account',
        '/account/two-factor',
        `/w/${ours.mark}/dashboard`,
        '/api/openapi.json',
        '/api/dashboard/leads',
        '/api/dashboard/schedule',
        '/nothing',
      ]);
      expect(found.length).toBeGreaterThan(100);
      expect(
        found.filter(({ text }) => text.toLowerCase().includes(ours.mark)).length,
      ).toBeGreaterThan(50);
      expectNothingOfTheirs(found);
      // Every form once, with the ids of the others in place of our own; signing out would end the
      // rest.
      const before = await theirState();
      const attacks = forms.filter(({ action }) => !action.startsWith('/sign-out'));
      expect(attacks.length).toBeGreaterThan(3);
      const theirsFor: Record<string, string> = {
        invitation: theirs.invitation,
        userId: theirs.owner,
        slug: theirs.mark,
      };
      for (const { action, fields } of attacks) {
        const body = new URLSearchParams(
          Object.entries(fields).map(([name, value]) => [name, theirsFor[name] ?? value]),
        );
        const { answer } = await ask(client, action, { method: 'POST', body });
        expectNothingOfTheirs([{ ...answer, asked: `${answer.asked}?${body}` }]);
      }
      expect(await theirState()).toEqual(before);
    },
  );

  const theirState = async () => {
    const { digests: _all, ...rest } = (await stateOf(db)) as { digests: unknown; active: unknown };
    const rows = await Promise.all(
      ['memberships', 'invitations', 'reports', 'connections', 'credentials'].map((table) =>
        db.query(`select t::text from ${table} t where tenant_id = $1 order by 1`, [
          theirs.tenant.id,
        ]),
      ),
    );
    return {
      rows,
      active: (rest.active as { active_tenant_id: string }[]).filter(
        (session) => session.active_tenant_id === theirs.tenant.id,
      ),
    };
  };

  it.each([...crew, 'visitor'] as const)(
    'stays out of reach of a %s of another workspace who knows all its addresses, ids and cursors',
    async (role) => {
      const client = role === 'visitor' ? new WebClient(origin) : await enter(ours, role);
      const addresses = treasure.answers
        .map(({ asked }) => asked.slice('GET '.length))
        .filter((path) => path.includes(theirs.mark));
      expect(addresses.length).toBeGreaterThan(100);
      const inside =
        role === 'admin'
          ? addresses.map((path) =>
              path
                .replace(`/w/${theirs.mark}`, `/w/${ours.mark}`)
                .replace(`tenant=${theirs.mark}`, `tenant=${ours.mark}`),
            )
          : [];
      const found: Answer[] = [];
      for (const path of addresses) found.push((await ask(client, path)).answer);
      const expected = role === 'visitor' ? [303, 401] : [404];
      expect(
        found
          .filter(({ status }) => !expected.includes(status))
          .map(({ asked, status }) => `${asked}: ${status}`),
      ).toEqual([]);
      for (const path of inside) found.push((await ask(client, path)).answer);
      expectNothingOfTheirs(found);
    },
  );

  it('is in no answer to requests that make no sense', async () => {
    const client = await enter(ours, 'member');
    const base = `/w/${ours.mark}`;
    const paths = [
      `${base}/settings/members`,
      `${base}/reports/x`,
      `${base}/reports/${theirs.report}`,
      `${base}/leads?cursor=%00`,
      `${base}/leads?search=%00`,
      `${base}/leads?sort=x&direction=y&period=z`,
      `${base}/leads.pdf`,
      `${base}/%2e%2e/${theirs.mark}/leads`,
      '/api/dashboard/notes?limit=x',
      '/api/dashboard/notes?tenant=',
      `/api/dashboard/leads?tenant=${ours.mark}&tenant=${theirs.mark}`,
      `/api/sync?tenant=${theirs.mark}`,
      '/%E0%A4%A',
      '/500',
    ];
    const found: Answer[] = [];
    for (const path of paths) found.push((await ask(client, path)).answer);
    found.push(
      (
        await ask(client, `/api/sync?tenant=${ours.mark}`, {
          method: 'POST',
          headers: { origin: 'https://elsewhere.test' },
        })
      ).answer,
    );
    found.push((await ask(client, `/api/sync?tenant=${theirs.mark}`, { method: 'POST' })).answer);
    found.push(
      (
        await ask(client, '/account', {
          method: 'POST',
          body: new URLSearchParams({ name: 'x'.repeat(1_100_000) }),
        })
      ).answer,
    );
    expect(found.filter(({ status }) => status >= 400).length).toBeGreaterThan(8);
    expectNothingOfTheirs(found);
  });
});

describe('two workspaces in two tabs of one session', () => {
  it('keep apart: switching in one changes nothing in the other', async () => {
    const client = await new WebClient(origin).signIn('everywhere@example.test', password);
    const tab = async (path: string) => {
      const { answer } = await ask(client, path);
      return answer.text.replaceAll(
        /x-request-id: .*|date: .*|(just now|\d+ (second|minute)s? ago)/gi,
        '',
      );
    };
    const looks = [ours, theirs].flatMap(({ mark }) => [
      `/w/${mark}/leads`,
      `/w/${mark}/pipeline`,
      `/w/${mark}/notes`,
      `/api/dashboard/leads?tenant=${mark}`,
    ]);
    const before = new Map<string, string>();
    for (const path of looks) before.set(path, await tab(path));
    for (const { mark } of [ours, theirs, ours]) {
      expect((await client.postForm('/workspaces', { slug: mark })).headers.get('location')).toBe(
        `/w/${mark}/dashboard`,
      );
      for (const path of looks) expect(await tab(path), path).toBe(before.get(path));
      expect((await client.fetch('/leads')).headers.get('location')).toBe(`/w/${mark}/leads`);
      expect(await tab('/api/dashboard/leads')).toBe(
        before.get(`/api/dashboard/leads?tenant=${mark}`),
      );
      const other = mark === ours.mark ? theirs.mark : ours.mark;
      expect((before.get(`/w/${mark}/leads`) ?? '').toLowerCase()).not.toContain(other);
    }
  });
});

describe('secrets of connections', () => {
  const spellings = () => [ours, theirs].flatMap(({ secrets }) => secrets.flatMap(secretSpellings));

  it('are in no answer, whoever asked', () => {
    expect(answers.length).toBeGreaterThan(800);
    expect(
      answers
        .filter(({ text }) => spellings().some((secret) => text.includes(secret)))
        .map(({ asked }) => asked),
    ).toEqual([]);
  });

  it('are in no log, however much is logged', () => {
    logs.push(web.output());
    expect(logs.join('\n').split('\n').length).toBeGreaterThan(answers.length / 2);
    expect(spellings().filter((secret) => logs.some((log) => log.includes(secret)))).toEqual([]);
  });

  it('are readable in no column of the database', async () => {
    const known = await textsWith(db, [`${common}-${theirs.mark}-note-1`]);
    expect(known, 'the search does find what is there').toEqual(
      expect.arrayContaining(['public.notes', 'public.raw_bodies']),
    );
    expect(await textsWith(db, spellings())).toEqual([]);
  });
});
