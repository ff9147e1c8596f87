import { expect, it } from 'vitest';
import { identifyClient } from '#lib/identity/auth/client-key.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password } from './people.ts';

useDatabase();

const identify = (cookie: string, address = '203.0.113.7') =>
  identifyClient(new Headers({ cookie }), address);

it('tells sessions apart by cookies that we signed, and everybody else by their network', async () => {
  await createTenant({ slug: 'summit', name: 'Summit' });
  const keys = new Set<string>();
  for (const email of ['ada@example.test', 'ben@example.test']) {
    await createUser({ email, password, tenantSlug: 'summit' });
    const browser = new Browser();
    await browser.signIn(email);
    const cookie = browser.client.get('cookie') ?? '';
    const key = identify(cookie);
    expect(key).toMatch(/^session \w{16,}$/);
    expect(identify(`theme=dark; ${cookie}`, '198.51.100.1'), 'wherever it is').toBe(key);
    keys.add(key);
    const value = browser.jar.get('tributary.session_token') ?? '';
    for (const forged of [
      value.replace(/^./, (letter) => (letter === 'a' ? 'b' : 'a')),
      value.replace(/\.(?:%..|.)/, '.'),
      value.slice(0, value.indexOf('.')),
      'a'.repeat(32),
      `${'a'.repeat(32)}.${'A'.repeat(43)}=`,
      '%',
      '',
    ])
      expect(identify(`tributary.session_token=${forged}`), forged).toBe('network 203.0.113.7');
  }
  expect(keys.size).toBe(2);
  expect(identify('', '2001:db8:1:2:3::4')).toBe(identify('', '2001:db8:1:2:ffff::1'));
  expect(identify('', '::ffff:203.0.113.7')).toBe('network 203.0.113.7');
});
