import { findAccess, type Access } from '#lib/identity/auth/access.ts';
import { createUser, findUserByEmail, type NewUser } from '#lib/identity/auth/users.ts';
import { addDomain, listDomains, verifyDomain } from '#lib/identity/sso/domains.ts';
import { finishSso } from '#lib/identity/sso/finish.ts';
import {
  saveOptions,
  saveProvider,
  switchProvider,
  type SsoOptions,
} from '#lib/identity/sso/settings.ts';
import { findProviderOf } from '#lib/identity/sso/providers.ts';
import { startSso } from '#lib/identity/sso/start.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { Browser, password } from '../auth/people.ts';
import type { IdentityProvider, Says } from './identity-provider.ts';

export const plain: SsoOptions = {
  required: false,
  admits: false,
  newMemberRole: 'viewer',
  secondFactor: false,
  trustsAddresses: false,
};

/** A workspace whose staff have set up single sign-on for a domain. */
export async function createSsoWorkspace(
  slug: string,
  idp: IdentityProvider,
  {
    domain = `${slug}.test`,
    options = {},
    clientId = idp.clientId,
  }: {
    domain?: string;
    options?: Partial<SsoOptions>;
    clientId?: string;
  } = {},
): Promise<Access> {
  const staff = await createStaff(slug);
  await saveProvider(staff, { issuer: idp.issuer, clientId, clientSecret: idp.secret });
  await saveOptions(staff, { ...plain, ...options });
  await proveDomain(staff, domain);
  await switchProvider(staff, true);
  return staff;
}

/** A workspace with the access of one of its staff. */
export async function createStaff(slug: string): Promise<Access> {
  await createTenant({ slug, name: `${slug} franchising` });
  const { user } = await createUser({
    email: `staff@${slug}.agency.test`,
    password,
    staff: [slug],
  });
  return accessOf(user, slug);
}

/** Claims and verifies a domain with a DNS that holds the record. */
export async function proveDomain(staff: Access, domain: string): Promise<void> {
  await addDomain(staff, domain);
  const record = (await listDomains(staff.tenant.id)).find((known) => known.domain === domain);
  await verifyDomain(staff, domain, () => Promise.resolve([record?.record.value ?? '']));
}

async function accessOf(
  user: { id: string; name: string; email: string },
  slug: string,
): Promise<Access> {
  const access = await findAccess(user, slug);
  if (access === undefined) throw new Error(`${user.email} has no access to ${slug}`);
  return access;
}

/** Goes to the provider of the address and comes back, as one browser. */
export async function signInBySso(
  idp: IdentityProvider,
  email: string,
  says: Says = {},
  browser = new Browser(),
): Promise<Browser> {
  const { url, cookies } = await startSso({ email }, { client: browser.client, next: '/' });
  browser.keep(cookies);
  return comeBack(browser, url, idp.signIn(url, says));
}

/** Comes back with `search` to the address that was given to the provider. */
export async function comeBack(browser: Browser, url: string, search: string): Promise<Browser> {
  const back = new URL(new URL(url).searchParams.get('redirect_uri') ?? '');
  const providerId = back.pathname.split('/').at(-1) ?? '';
  const { cookies } = await finishSso({ providerId, search }, browser.client);
  browser.keep(cookies);
  return browser;
}

export async function addMember(email: string, slug: string, more: Partial<NewUser> = {}) {
  const known = await findUserByEmail(email);
  return known ?? (await createUser({ email, password, tenantSlug: slug, ...more })).user;
}

export async function providerIdOf({ tenant }: Access): Promise<string> {
  return (await findProviderOf(tenant.id))?.id ?? '';
}
