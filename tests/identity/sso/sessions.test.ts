import { beforeAll, describe, expect, it } from 'vitest';
import { findAccess, listWorkspaces, type Access } from '#lib/identity/auth/access.ts';
import { isStaffOfAll } from '#lib/identity/auth/staff.ts';
import { removeDomain } from '#lib/identity/sso/domains.ts';
import { switchProvider } from '#lib/identity/sso/settings.ts';
import { useDatabase } from '../../helpers/database.ts';
import { problemOf } from '../auth/people.ts';
import { useIdentityProvider } from './identity-provider.ts';
import { addMember, createSsoWorkspace, proveDomain, signInBySso } from './workspace.ts';

const db = useDatabase();
const idp = useIdentityProvider();
let acme: Access;
beforeAll(async () => {
  acme = await createSsoWorkspace('acme', idp);
  await addMember('ann@acme.test', 'acme', { role: 'member' });
});

describe('a session of single sign-on', () => {
  it('ends with the provider and with the domain', async () => {
    const slug = 'brief';
    const staff = await createSsoWorkspace(slug, idp);
    await addMember('ben@brief.test', slug);
    const says = { claims: { sub: 'ben', email: 'ben@brief.test' } };
    const { user } = await (await signInBySso(idp, 'ben@brief.test', says)).signedIn();
    expect(await findAccess(user, slug)).toBeDefined();
    await switchProvider(staff, false);
    expect(await findAccess(user, slug)).toBeUndefined();
    await switchProvider(staff, true);
    expect(await findAccess(user, slug)).toBeDefined();
    await removeDomain(staff, 'brief.test');
    expect(await findAccess(user, slug)).toBeUndefined();
  });

  it('never makes anybody staff', async () => {
    const { user } = await (await signInBySso(idp, 'ann@acme.test')).signedIn();
    await db.query(`insert into staff_grants (user_id, tenant_id) values ($1, null)`, [user.id]);
    expect(await isStaffOfAll(user)).toBe(false);
    expect(await findAccess(user, 'acme')).toMatchObject({ role: 'member' });
    expect((await listWorkspaces(user)).map(({ tenant }) => tenant.slug)).toEqual(['acme']);
    expect(await problemOf(signInBySso(idp, 'ann@acme.test'))).toMatchObject({ code: 'forbidden' });
    await db.query('delete from staff_grants where user_id = $1', [user.id]);
  });

  it('serves people of several domains that one workspace verified', async () => {
    await proveDomain(acme, 'acme-group.test');
    await addMember('gil@acme-group.test', 'acme');
    const says = { claims: { sub: 'gil', email: 'gil@acme-group.test' } };
    const { user } = await (await signInBySso(idp, 'gil@acme-group.test', says)).signedIn();
    expect(await findAccess(user, 'acme')).toBeDefined();
  });
});
