import { describe, expect, it } from 'vitest';
import { findAccess } from '#lib/identity/auth/access.ts';
import { inviteUser } from '#lib/identity/auth/invitations.ts';
import { requestPasswordReset } from '#lib/identity/auth/password-reset.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { addSecurityHeaders } from '../../../src/middleware/headers.ts';
import { useDatabase } from '../../helpers/database.ts';
import { Browser, password, problemOf } from './people.ts';

const database = useDatabase();
process.env['NODE_ENV'] = 'production';
process.env['PUBLIC_URL'] = 'https://dashboards.example.com';

describe('in production', () => {
  it('cookies travel over TLS only, and browsers are told to stay there', async () => {
    await createTenant({ slug: 'summit', name: 'Summit' });
    await createUser({ email: 'ada@example.test', password, tenantSlug: 'summit', role: 'admin' });
    const browser = new Browser();
    const { cookies } = await browser.signIn('ada@example.test');
    for (const cookie of cookies.getSetCookie())
      expect(cookie).toMatch(/^__Host-tributary\.\w+=.*; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    expect(await browser.session()).not.toBeNull();
    const headers = new Headers();
    addSecurityHeaders(headers);
    expect(headers.get('strict-transport-security')).toMatch(/^max-age=\d{8}/);
  });

  it('a server without mail says so instead of showing links, whoever asks', async () => {
    const [known, unknown] = await Promise.all(
      ['ada@example.test', 'nobody@example.test'].map((email) =>
        problemOf(requestPasswordReset({ email }, new Browser().client)),
      ),
    );
    expect([known?.code, known?.message]).toEqual([unknown?.code, unknown?.message]);
    expect(known?.message).toMatch(/cannot send e-mail.*administrator/);
    const [ada] = await database.query<{ id: string; name: string; email: string }>(
      'select id, name, email from users',
    );
    const access = ada && (await findAccess(ada, 'summit'));
    if (access === undefined) throw new Error('No access');
    expect(
      (await problemOf(inviteUser(access, { email: 'x@example.test', role: 'viewer' }))).code,
    ).toBe('unavailable');
    expect(
      await database.query('select 1 from invitations'),
      'nothing is left behind',
    ).toHaveLength(0);
  });
});
