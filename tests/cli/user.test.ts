import { beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { startProcess } from '../helpers/processes.ts';
import { Browser, password, problemOf } from '../identity/auth/people.ts';

allowForLoad();
const db = useDatabase();
const email = 'boss@acme.test';

beforeAll(async () => {
  await createTenant({ slug: 'acme', name: 'Acme' });
  await createUser({ email, name: 'Bo Boss', password, tenantSlug: 'acme', role: 'admin' });
  await createUser({ email: 'staff@agency.test', password, staff: true });
});

async function user(...args: string[]): Promise<{ code: number | null; output: string }> {
  const { exited, output } = startProcess('cli/index.ts', db.url, { LOG_LEVEL: 'error' }, [
    'user',
    ...args,
  ]);
  const { code } = await exited;
  return { code, output: output() };
}

describe('the commands about accounts', () => {
  it('list and show them', async () => {
    const listed = await user('list');
    expect(listed.output).toMatch(/boss@acme\.test +Bo Boss +acme \(admin\) +off +- +active/);
    expect(listed.output).toContain('all (staff)');
    expect((await user('list', '--search', 'boss@')).output).not.toContain('staff@agency.test');
    const shown = JSON.parse((await user('show', email, '--json')).output) as unknown;
    expect(shown).toMatchObject({ email, workspaces: [{ slug: 'acme', role: 'admin' }] });
    expect(await user('show', 'nobody@acme.test')).toMatchObject({ code: 3 });
  });

  it('disable, enable, sign out, reset and delete them', async () => {
    const browser = new Browser();
    await browser.signIn(email);
    expect(await user('end-sessions', email)).toMatchObject({ code: 0 });
    expect(await browser.session()).toBeNull();
    expect(await user('disable', email)).toMatchObject({ code: 0 });
    expect((await problemOf(browser.signIn(email))).code).toBe('unauthenticated');
    expect(await user('disable', email), 'twice').toMatchObject({ code: 4 });
    expect(await user('enable', email)).toMatchObject({ code: 0 });
    await db.query('update users set two_factor_enabled = true where email = $1', [email]);
    expect(await user('reset-2fa', email)).toMatchObject({ code: 0 });
    expect((await browser.signIn(email)).needsCode).toBe(false);
    const refused = await user('delete', email);
    expect([refused.code, refused.output]).toEqual([
      4,
      expect.stringContaining('last admin of Acme'),
    ]);
    expect(await user('delete', email, '--force')).toMatchObject({ code: 0 });
    const events = await db.query<{ action: string; actor_kind: string }>(
      `select action, actor_kind from audit_events
       where actor_kind = 'operator' and action ~ '^(account|two_factor|session)' order by at`,
    );
    expect(events.map(({ action }) => action)).toEqual([
      'session.ended_by_admin',
      'account.disabled',
      'account.enabled',
      'two_factor.reset',
      'account.deleted',
    ]);
  });
});
