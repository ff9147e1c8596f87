import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { closeQueue } from '#lib/jobs/queue.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import type { WebClient } from '../helpers/web.ts';
import { readRoutes } from '../hostile/source.ts';
import { mailOf, openWorld, type World } from '../isolation/world.ts';

allowForLoad();
const db = useDatabase();
let world: World;
let staff: WebClient;
let other: WebClient;

const limits = [
  ...readFileSync('src/middleware/work-limits.ts', 'utf8').matchAll(
    /name: '(work:[\w-]+)',\s+max: ([\d_]+)/g,
  ),
].map(([, name = '', max = '']) => ({ name, max: Number(max.replace('_', '')) }));

/** As if the user had just used up so much of every limit. */
async function useUp(share: (max: number) => number): Promise<void> {
  const [user] = await db.query<{ id: string }>('select id from users where email = $1', [
    mailOf('staff'),
  ]);
  await db.query('delete from rate_limits');
  for (const { name, max } of limits)
    await db.query(
      'insert into rate_limits (id, key, count, last_request) values (new_id(), $1, $2, $3)',
      [`${name}:${user?.id}`, share(max), Date.now()],
    );
}

beforeAll(async () => {
  world = await openWorld(db);
  const find = (name: string) => {
    const client = world.clients[name];
    if (client === undefined) throw new Error(`There is no ${name}`);
    return client;
  };
  staff = find('staff');
  other = find('admin');
});
afterAll(async () => {
  await world?.web.stop();
  await closeQueue();
});
beforeEach(() => useUp((max) => max));

describe('the limits of a user', () => {
  it('cover every form and every endpoint that changes something in a workspace', async () => {
    const routes = readRoutes().filter(
      ({ pattern, form, endpoints }) =>
        (pattern.startsWith('/w/') && form !== undefined) ||
        // Webhooks have no user.
        endpoints.some(({ method, role }) => method === 'post' && role !== null),
    );
    expect(limits.length).toBeGreaterThan(8);
    expect(routes.length).toBeGreaterThan(15);
    for (const { pattern } of routes) {
      const path = pattern.replaceAll(/\[(\w+)\]/g, (_, name: string) =>
        name === 'tenant' ? 'alpha' : world.belongings.alpha.lead,
      );
      const response = pattern.startsWith('/api/')
        ? await staff.postJson(`${path}?tenant=alpha`)
        : await staff.postForm(path, { intent: 'x' });
      expect([pattern, response.status]).toEqual([pattern, 429]);
    }
  });

  it('cover every download', async () => {
    const downloads = readRoutes().filter(({ pattern }) => /\/[^/.]+\.[\w[\]]+$/.test(pattern));
    // JSON is one document or one row.
    const guarded = downloads.filter(({ pattern }) => !pattern.endsWith('.json'));
    expect(guarded.length).toBeGreaterThan(3);
    for (const { pattern } of guarded) {
      const path = pattern
        .replace('[tenant]', 'alpha')
        .replace('[list]', 'leads')
        .replace('[format]', 'csv');
      expect([pattern, (await staff.fetch(path)).status]).toEqual([pattern, 429]);
    }
  });

  it.each([
    '/w/alpha/leads.csv',
    '/w/alpha/leads.xlsx',
    '/w/alpha/settings/audit.csv',
    '/audit.csv',
    '/w/alpha/settings/audit?person=ada',
    '/w/alpha/leads?q=ada',
    '/w/alpha/notes?search=ada',
    '/w/alpha/referrals?domain=acme.example',
    '/w/alpha/settings/connections?replay=x',
  ])('are told in words, with the time to wait: %s', async (path) => {
    const response = await staff.fetch(path);
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    const text = await response.text();
    expect(text).toMatch(/You have .* in a short time\. Try again in \d+ (minutes|seconds)\./);
    expect(response.headers.get('content-disposition')).toBeNull();
  });

  it('are told to programs as JSON, and on a page to those who pressed its button', async () => {
    const searched = await staff.json('/api/leads?tenant=alpha&search=ada');
    expect(searched).toMatchObject({
      status: 429,
      body: {
        error: { code: 'rate_limited', message: expect.stringContaining('searched') as string },
      },
    });
    expect(Number(searched.headers.get('retry-after'))).toBeGreaterThan(0);
    const pressed = await staff.postForm(
      '/api/sync?tenant=alpha',
      {},
      { accept: 'text/html,application/xhtml+xml' },
    );
    expect(pressed.status).toBe(429);
    expect(pressed.headers.get('content-type')).toContain('text/html');
    expect(await pressed.text()).toContain('You have started too many syncs');
  });

  it('touch neither another user nor the pages that cost little', async () => {
    for (const path of ['/w/alpha/leads.csv', '/w/alpha/leads?q=ada'])
      expect([path, (await other.fetch(path)).status]).toEqual([path, 200]);
    for (const path of ['/w/alpha/dashboard', '/w/alpha/leads', '/w/alpha/settings/connections'])
      expect([path, (await staff.fetch(path)).status]).toEqual([path, 200]);
  });

  it('leave the last request through, and end with their time', async () => {
    await useUp((max) => max - 1);
    expect((await staff.fetch('/w/alpha/leads.csv')).status).toBe(200);
    expect((await staff.fetch('/w/alpha/leads.csv')).status).toBe(429);
    await db.query('update rate_limits set last_request = last_request - 600000');
    expect((await staff.fetch('/w/alpha/leads.csv')).status).toBe(200);
  });
});
