import { beforeAll, describe, expect, it } from 'vitest';
import { createUser, type User } from '#lib/identity/auth/users.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import {
  apiRoute,
  requireAccess,
  requireApiAccess,
  requireUser,
  type GuardContext,
} from '../../../src/middleware/guard.ts';
import { useDatabase } from '../../helpers/database.ts';
import { password, problemOf } from './people.ts';

useDatabase();
let summit: Tenant;
const people: Record<string, User> = {};

beforeAll(async () => {
  summit = await createTenant({ slug: 'summit', name: 'Summit' });
  await createTenant({ slug: 'harbor', name: 'Harbor' });
  for (const role of ['viewer', 'member', 'admin'] as const) {
    people[role] = (
      await createUser({ email: `${role}@summit.test`, password, tenantSlug: 'summit', role })
    ).user;
  }
  people['staff'] = (
    await createUser({ email: 'staff@tributary.test', password, staff: true })
  ).user;
  people['assigned'] = (
    await createUser({ email: 'assigned@tributary.test', password, staff: ['harbor'] })
  ).user;
});

function contextOf(
  who: string | null,
  path: string,
  tenant?: string,
  activeTenantId: string | null = null,
): GuardContext {
  const user = who === null ? undefined : people[who];
  const url = new URL(path, 'https://app.test');
  return {
    url,
    request: new Request(url),
    routePattern: url.pathname,
    params: tenant === undefined ? {} : { tenant },
    locals: {
      requestId: 'r',
      client: new Headers(),
      user: user
        ? { id: user.id, name: user.name, email: user.email, twoFactorEnabled: false }
        : null,
      session: user ? { id: 's', activeTenantId, expiresAt: new Date() } : null,
    },
    redirect: (location: string, status = 302) =>
      new Response(null, { status, headers: { location } }),
  };
}

const page = async (
  who: string | null,
  slug: string,
  role: 'viewer' | 'member' | 'admin' | 'staff',
): Promise<string> => {
  try {
    const result = await requireAccess(contextOf(who, `/w/${slug}/leads?page=2`, slug), role);
    return result instanceof Response
      ? `${result.status} ${result.headers.get('location')}`
      : `as ${result.role}`;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('pages of a workspace', () => {
  it('send visitors to sign in, wherever they want to go', async () => {
    for (const slug of ['summit', 'absent']) {
      expect(await page(null, slug, 'viewer')).toBe(
        `303 /sign-in?next=${encodeURIComponent(`/w/${slug}/leads?page=2`)}`,
      );
    }
  });

  it.each([
    ['viewer', 'as viewer', 'forbidden', 'forbidden', 'forbidden'],
    ['member', 'as member', 'as member', 'forbidden', 'forbidden'],
    ['admin', 'as admin', 'as admin', 'as admin', 'forbidden'],
    ['staff', 'as staff', 'as staff', 'as staff', 'as staff'],
    ['assigned', 'not_found', 'not_found', 'not_found', 'not_found'],
  ])('are for the right roles: %s', async (who, ...expected) => {
    expect(
      await Promise.all(
        (['viewer', 'member', 'admin', 'staff'] as const).map((role) => page(who, 'summit', role)),
      ),
    ).toEqual(expected);
  });

  it('say the same of a foreign and an absent workspace, even for too low a role', async () => {
    const answers = await Promise.all(
      ['harbor', 'absent', '', '%68arbor', 'HARBOR', '\u0000'].flatMap((slug) =>
        (['viewer', 'admin', 'staff'] as const).map((role) =>
          problemOf(requireAccess(contextOf('admin', '/w/x/leads', slug), role)),
        ),
      ),
    );
    expect(
      new Set(answers.map(({ code, message, details }) => JSON.stringify([code, message, details])))
        .size,
    ).toBe(1);
    expect(answers[0]?.code).toBe('not_found');
  });

  it('know the access afterwards', async () => {
    const context = contextOf('viewer', '/w/summit/leads', 'summit');
    const access = await requireAccess(context, 'viewer');
    expect(context.locals.access).toBe(access);
    const refused = contextOf('viewer', '/w/summit/settings', 'summit');
    await problemOf(requireAccess(refused, 'admin'));
    expect(refused.locals.access).toBeUndefined();
  });
});

describe('pages of a user', () => {
  it('send visitors to sign in and back', () => {
    const answer = requireUser(contextOf(null, '/account?done=name'));
    expect(answer instanceof Response && answer.headers.get('location')).toBe(
      '/sign-in?next=%2Faccount%3Fdone%3Dname',
    );
    expect(requireUser(contextOf('viewer', '/account'))).toMatchObject({
      user: { email: 'viewer@summit.test' },
    });
  });
});

describe('the API', () => {
  const ask = (who: string | null, query: string, active: string | null = null) =>
    requireApiAccess(contextOf(who, `/api/x${query}`, undefined, active), 'member');

  it('takes the workspace of the query, else the active one', async () => {
    expect(await ask('member', '?tenant=summit')).toMatchObject({
      role: 'member',
      tenant: { slug: 'summit' },
    });
    expect(await ask('member', '', summit.id)).toMatchObject({ tenant: { slug: 'summit' } });
    expect(await ask('staff', '?tenant=harbor', summit.id)).toMatchObject({
      tenant: { slug: 'harbor' },
    });
  });

  it('answers 401, 403, 404 and 400 as documented', async () => {
    const status = async (work: Promise<unknown>) => (await problemOf(work)).status;
    expect(await status(ask(null, '?tenant=summit'))).toBe(401);
    expect(await status(ask('viewer', '?tenant=summit'))).toBe(403);
    expect(await status(ask('member', '?tenant=harbor'))).toBe(404);
    expect(await status(ask('member', '?tenant=absent'))).toBe(404);
    expect(await status(ask('assigned', '', summit.id))).toBe(404);
    expect(await status(ask('member', ''))).toBe(400);
    for (const bad of ['?tenant=', '?tenant=A', '?tenant=a%00', '?tenant=..%2f'])
      expect(await status(ask('member', bad)), bad).toBe(400);
  });

  it('runs a handler only for those who may', async () => {
    const route = apiRoute('admin', (_context, access) =>
      Response.json({ slug: access.tenant.slug }),
    );
    const call = (who: string) =>
      route(
        contextOf(who, '/api/x?tenant=summit') as Parameters<typeof route>[0],
      ) as Promise<Response>;
    expect(await (await call('admin')).json()).toEqual({ slug: 'summit' });
    expect((await problemOf(call('member'))).code).toBe('forbidden');
  });
});
