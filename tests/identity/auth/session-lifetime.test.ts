import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listSessions, readSession } from '#lib/identity/auth/sessions.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { withQueryTime } from '#lib/platform/db/query-time.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password } from './people.ts';

const database = useDatabase();

beforeAll(async () => {
  await createUser({ email: 'member@example.test', password });
  await createUser({ email: 'staff@example.test', password, staff: true });
});

/** A browser whose session began and was last used so long ago. */
async function browserOf(who: string, began: string, used: string): Promise<Browser> {
  const browser = new Browser();
  await browser.signIn(`${who}@example.test`);
  const { session } = await browser.signedIn();
  await database.query(
    `update sessions set created_at = now() - $2::interval, updated_at = now() - $3::interval
     where id = $1`,
    [session.id, began, used],
  );
  return browser;
}

describe('a session', () => {
  it.each([
    ['member', '29 days 23 hours', '1 minute', true],
    ['member', '30 days', '0 minutes', false],
    ['member', '6 days', '6 days', true],
    ['member', '8 days', '7 days', false],
    ['staff', '11 hours 58 minutes', '10 minutes', true],
    ['staff', '12 hours', '0 minutes', false],
    ['staff', '2 hours', '58 minutes', true],
    ['staff', '2 hours', '1 hour', false],
  ])('of %s that began %s ago and was used %s ago: %s', async (who, began, used, lives) => {
    const browser = await browserOf(who, began, used);
    const { signedIn, cookies } = await readSession(browser.client);
    expect(signedIn !== null).toBe(lives);
    if (lives) return;
    expect(cookies.getSetCookie().join(), 'the cookie goes').toMatch(/session_token=.*Max-Age=0/);
    const token = decodeURIComponent(browser.jar.get('tributary.session_token') ?? '');
    expect(
      await database.query('select 1 from sessions where token = $1', [token.split('.')[0]]),
      'and the row',
    ).toEqual([]);
  });

  it('lives on while it is used, but not beyond its absolute end', async () => {
    const browser = await browserOf('staff', '3 hours', '50 minutes');
    expect(await browser.session()).not.toBeNull();
    const [row] = await database.query<{ used: number }>(
      `select extract(epoch from now() - max(updated_at))::int as used from sessions`,
    );
    expect(row?.used).toBeLessThan(10);
    const late = await browserOf('member', '29 days 23 hours', '2 minutes');
    await late.session();
    const [extended] = await database.query<{ hours: number }>(
      `select extract(epoch from expires_at - now()) / 3600 as hours from sessions
       where created_at < now() - interval '29 days'
       order by updated_at desc limit 1`,
    );
    expect(Number(extended?.hours)).toBeLessThanOrEqual(1);
  });

  it('becomes short at once when its user becomes staff', async () => {
    const { user } = await createUser({ email: 'promoted@example.test', password });
    const browser = await browserOf('promoted', '1 day', '2 hours');
    await database.query('insert into staff_grants (user_id) values ($1)', [user.id]);
    expect(await browser.session()).toBeNull();
  });

  it('costs no statement to judge while it is young, and is not written for a minute', async () => {
    const browser = await browserOf('staff', '30 minutes', '30 seconds');
    const before = await database.query('select id, xmin from sessions order by id');
    const { queries, cookies } = await withQueryTime(async (tally) => {
      const { cookies: set } = await readSession(browser.client);
      return { queries: tally.queries, cookies: set };
    });
    expect(queries, 'one, of session and user').toBe(1);
    expect(await database.query('select id, xmin from sessions order by id')).toEqual(before);
    expect(cookies.getSetCookie()).toEqual([]);
  });

  it('is listed with its ends', async () => {
    const browser = await browserOf('staff', '2 hours', '30 minutes');
    const lines = await listSessions(await browser.signedIn());
    const hoursUntil = (end: Date | undefined) =>
      Math.round((Number(end) - Date.now()) / 360_000) / 10;
    const current = lines.find(({ isCurrent }) => isCurrent);
    expect([hoursUntil(current?.ends.idle), hoursUntil(current?.ends.latest)]).toEqual([1, 10]);
  });
});

describe('configured lifetimes', () => {
  afterEach(() => {
    delete process.env['STAFF_SESSION_IDLE_MINUTES'];
    delete process.env['SESSION_MAX_DAYS'];
    resetConfig();
  });

  it('hold for sessions that exist', async () => {
    const staff = await browserOf('staff', '20 minutes', '10 minutes');
    const member = await browserOf('member', '2 days', '1 minute');
    process.env['STAFF_SESSION_IDLE_MINUTES'] = '5';
    process.env['SESSION_MAX_DAYS'] = '1';
    resetConfig();
    expect([await staff.session(), await member.session()]).toEqual([null, null]);
  });
});
