import { beforeAll, describe, expect, it } from 'vitest';
import {
  findAccess,
  findAccessById,
  hasRole,
  listWorkspaces,
  type Access,
} from '#lib/identity/auth/access.ts';
import { addMember, changeRole, listMembers, removeMember } from '#lib/identity/auth/members.ts';
import { grantStaff, revokeStaff } from '#lib/identity/auth/staff.ts';
import { createUser, type User } from '#lib/identity/auth/users.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { password, problemOf } from './people.ts';

const database = useDatabase();
let summit: Tenant;
let harbor: Tenant;
let admin: User;
let viewer: User;
let staff: User;
let assigned: User;

beforeAll(async () => {
  summit = await createTenant({
    slug: 'summit',
    name: 'Summit',
    timeZone: 'America/Denver',
    accent: '#0a7f5a',
  });
  harbor = await createTenant({ slug: 'harbor', name: 'Harbor 100%' });
  await createTenant({ slug: 'juniper', name: 'Juniper' });
  ({ user: admin } = await createUser({
    email: 'admin@summit.test',
    password,
    tenantSlug: 'summit',
    role: 'admin',
  }));
  ({ user: viewer } = await createUser({
    email: 'viewer@summit.test',
    password,
    tenantSlug: 'summit',
  }));
  ({ user: staff } = await createUser({ email: 'staff@tributary.test', password, staff: true }));
  ({ user: assigned } = await createUser({
    email: 'assigned@tributary.test',
    password,
    staff: ['harbor', 'juniper'],
  }));
});

const mustEnter = async (user: User, slug: string): Promise<Access> => {
  const access = await findAccess(user, slug);
  if (access === undefined) throw new Error(`${user.email} cannot enter ${slug}`);
  return access;
};
const slugs = async (user: User, search?: string) =>
  (await listWorkspaces(user, search)).map(({ tenant }) => tenant.slug);

describe('access', () => {
  it('tells a member their role and the tenant', async () => {
    expect(await findAccess(viewer, 'summit')).toEqual({
      tenant: {
        id: summit.id,
        slug: 'summit',
        name: 'Summit',
        timeZone: 'America/Denver',
        currency: 'USD',
        accent: '#0a7f5a',
        logoUrl: null,
      },
      user: { id: viewer.id, name: 'viewer', email: 'viewer@summit.test' },
      role: 'viewer',
      isStaff: false,
      needsSecondFactor: false,
      features: [],
    });
    expect(await findAccessById(admin, summit.id)).toMatchObject({ role: 'admin' });
  });

  it('does not tell a foreign workspace from an absent one', async () => {
    for (const slug of [
      'harbor',
      'absent',
      '',
      'SUMMIT',
      'summit ',
      '../summit',
      `summit' or '1'='1`,
      'summit\u0000',
      '\u0000',
      'x'.repeat(10_000),
    ]) {
      expect(await findAccess(viewer, slug), slug).toBeUndefined();
    }
    expect(await findAccessById(viewer, harbor.id)).toBeUndefined();
    expect(await findAccessById(viewer, 'not an id')).toBeUndefined();
  });

  it('lets staff into all workspaces, or into those assigned', async () => {
    expect(await slugs(staff)).toEqual(['harbor', 'juniper', 'summit']);
    expect(await slugs(assigned)).toEqual(['harbor', 'juniper']);
    expect(await findAccess(staff, 'summit')).toMatchObject({ role: 'staff', isStaff: true });
    expect(await findAccess(assigned, 'summit')).toBeUndefined();
    await createTenant({ slug: 'later', name: 'Later' });
    expect(await findAccess(staff, 'later')).toMatchObject({
      tenant: { slug: 'later' },
      role: 'staff',
      isStaff: true,
    });
    expect(await findAccess(assigned, 'later')).toBeUndefined();
    await revokeStaff(assigned.id, harbor.id);
    expect(await slugs(assigned)).toEqual(['juniper']);
    await grantStaff(assigned.id, harbor.id);
    await grantStaff(assigned.id, harbor.id);
    await grantStaff(assigned.id, null);
    expect(await slugs(assigned), 'each workspace once').toEqual([
      'harbor',
      'juniper',
      'later',
      'summit',
    ]);
    await revokeStaff(assigned.id, null);
    expect(await slugs(assigned)).toEqual(['harbor', 'juniper']);
  });

  it('finds workspaces by name and slug, taking the text as it is', async () => {
    expect(await slugs(staff, 'HARB')).toEqual(['harbor']);
    expect(await slugs(staff, '100%')).toEqual(['harbor']);
    expect(await slugs(staff, '%')).toEqual(['harbor']);
    expect(await slugs(staff, '_')).toEqual([]);
    expect(await slugs(staff, 'harb\u0000or')).toEqual(['harbor']);
  });

  it('does not serve an archived workspace', async () => {
    await database.query(`update tenants set archived_at = now() where slug = 'later'`);
    expect(await findAccess(staff, 'later')).toBeUndefined();
    expect(await slugs(staff)).not.toContain('later');
  });

  it('ranks the roles, staff doing all that admins do', async () => {
    const table = await Promise.all(
      [viewer, admin, staff].map(async (user) => {
        const access = await mustEnter(user, 'summit');
        return (['viewer', 'member', 'admin', 'staff'] as const).map((role) =>
          hasRole(access, role),
        );
      }),
    );
    expect(table).toEqual([
      [true, false, false, false],
      [true, true, true, false],
      [true, true, true, true],
    ]);
  });
});

describe('members', () => {
  it('never lose their last admin, whoever asks', async () => {
    for (const access of [await mustEnter(admin, 'summit'), await mustEnter(staff, 'summit')]) {
      expect((await problemOf(changeRole(access, { userId: admin.id, role: 'member' }))).code).toBe(
        'conflict',
      );
      expect((await problemOf(removeMember(access, { userId: admin.id }))).code).toBe('conflict');
    }
    expect(await findAccess(admin, 'summit')).toMatchObject({ role: 'admin' });
  });

  it('keep one admin when two demote each other at the same moment', async () => {
    const { user: second } = await createUser({
      email: 'second@summit.test',
      password,
      tenantSlug: 'summit',
      role: 'admin',
    });
    for (let round = 0; round < 10; round += 1) {
      const [mine, theirs] = [await mustEnter(admin, 'summit'), await mustEnter(second, 'summit')];
      const results = await Promise.allSettled([
        changeRole(mine, { userId: second.id, role: 'viewer' }),
        changeRole(theirs, { userId: admin.id, role: 'viewer' }),
      ]);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      await database.query(
        `update memberships set role = 'admin' where tenant_id = $1 and user_id in ($2, $3)`,
        [summit.id, admin.id, second.id],
      );
    }
    await removeMember(await mustEnter(admin, 'summit'), { userId: second.id });
    expect(await findAccess(second, 'summit')).toBeUndefined();
  });

  it('are managed by admins of their own workspace only', async () => {
    const { user: outsider } = await createUser({
      email: 'outsider@harbor.test',
      password,
      tenantSlug: 'harbor',
      role: 'admin',
    });
    const [low, foreign] = [await mustEnter(viewer, 'summit'), await mustEnter(outsider, 'harbor')];
    expect((await problemOf(changeRole(low, { userId: viewer.id, role: 'admin' }))).code).toBe(
      'forbidden',
    );
    expect((await problemOf(removeMember(low, { userId: admin.id }))).code).toBe('forbidden');
    expect((await problemOf(listMembers(low))).code).toBe('forbidden');
    expect((await problemOf(changeRole(foreign, { userId: viewer.id, role: 'admin' }))).code).toBe(
      'not_found',
    );
    expect((await problemOf(removeMember(foreign, { userId: viewer.id }))).code).toBe('not_found');
    expect(
      (
        await problemOf(
          changeRole(await mustEnter(admin, 'summit'), { userId: viewer.id, role: 'staff' }),
        )
      ).code,
    ).toBe('bad_request');
    expect((await listMembers(foreign)).map(({ email }) => email)).toEqual([
      'outsider@harbor.test',
    ]);
  });

  it('get another role, join and leave with effect on the next request', async () => {
    const access = await mustEnter(admin, 'summit');
    await changeRole(access, { userId: viewer.id, role: 'member' });
    expect(await findAccess(viewer, 'summit')).toMatchObject({ role: 'member' });
    await removeMember(access, { userId: viewer.id });
    expect(await findAccess(viewer, 'summit')).toBeUndefined();
    await addMember({ tenantSlug: 'summit', email: 'viewer@summit.test', role: 'viewer' });
    expect(await findAccess(viewer, 'summit')).toMatchObject({ role: 'viewer' });
    expect(
      (
        await problemOf(
          addMember({ tenantSlug: 'summit', email: 'viewer@summit.test', role: 'viewer' }),
        )
      ).code,
    ).toBe('conflict');
  });
});

describe('accounts', () => {
  it('are refused with words for each wrong field', async () => {
    const refused = await problemOf(
      createUser({ email: 'not an address', password: 'short', tenantSlug: 'Not A Slug' }),
    );
    expect(refused.details).toEqual({
      fields: {
        email: 'Enter an e-mail address such as name@company.com.',
        password: 'Use at least 12 characters.',
        tenantSlug: 'This is not the address of a workspace.',
      },
    });
    expect((await problemOf(createUser({ email: 'ADMIN@summit.test', password }))).code).toBe(
      'conflict',
    );
    expect(
      (await problemOf(createUser({ email: 'lost@x.test', password, tenantSlug: 'nowhere' })))
        .details,
    ).toHaveProperty('fields.tenantSlug');
  });
});
