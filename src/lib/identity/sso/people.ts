import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { newId } from '../../platform/id.ts';
import { accounts, memberships, staffGrants, users } from '../../schema/identity.ts';
import { recordAudit } from '../audit/record.ts';
import { emailField, nameField } from '../auth/input.ts';
import { isMemberRole } from '../auth/roles.ts';
import { insertMembership, insertUser, type User } from '../auth/users.ts';
import { listVerifiedDomains, mailDomainOf, type SsoProvider } from './providers.ts';

/** What a provider says of a person; checked here, because it is theirs to fill. */
export interface Claims {
  sub: string;
  [name: string]: unknown;
}

/** The issuer of every Google account, of companies and private people alike. */
const google = 'https://accounts.google.com';

/**
 * The account that a provider may sign in, by the id of its user. The provider speaks for the
 * domains that its workspace has verified and for members of that workspace alone; an account is
 * found by the provider's id of the person, else by the address, and linked then. Staff are left
 * out: their accounts open every workspace, which no client's provider decides. Throws Problem
 * `forbidden`.
 */
export async function admit(provider: SsoProvider, claims: Claims): Promise<string> {
  const domains = await listVerifiedDomains(provider.tenantId);
  if (!isSubject(claims.sub)) throw refusal('Your identity provider sent no usable id of yours.');
  const email = readAddress(provider, claims, domains);
  return globalDb().transaction(async (tx) => {
    const user =
      (await findLinked(tx, provider, claims.sub)) ??
      (await findByAddress(tx, provider, email)) ??
      (await join(tx, provider, { email, name: claims['name'] }));
    if (!domains.includes(mailDomainOf(user.email))) throw foreignDomain(user.email);
    if (user.disabledAt !== null) throw notMember();
    await requireMembership(tx, provider, user);
    await link(tx, provider, user.id, claims.sub);
    await recordSuccess(tx, provider, user);
    return user.id;
  });
}

/** At most 255 characters of ASCII (OpenID Connect Core 1.0, section 2). */
const isSubject = (sub: string): boolean => /^[\x20-\x7e]{1,255}$/.test(sub);

/** The address of a person, in lower case, if the provider may speak for it. */
function readAddress(provider: SsoProvider, claims: Claims, domains: readonly string[]): string {
  const parsed = emailField.safeParse(claims['email']);
  if (!parsed.success)
    throw refusal(
      'Your identity provider sent no e-mail address. ' +
        'Ask your administrator to release the claim "email" to this application.',
    );
  if (!isVerified(provider, claims['email_verified']))
    throw refusal(
      'Your identity provider does not say that your e-mail address is verified. ' +
        'Ask your administrator.',
    );
  if (!domains.includes(mailDomainOf(parsed.data))) throw foreignDomain(parsed.data);
  // Google also vouches for private accounts with an address at a company's domain; only `hd` says
  // that the company manages it (https://developers.google.com/identity/openid-connect).
  const { hd } = claims;
  const isManaged = typeof hd === 'string' && domains.includes(hd.toLowerCase());
  if (provider.issuer === google && !isManaged)
    throw refusal('This is a private Google account. Choose the one of your organisation.');
  return parsed.data;
}

/** Some providers send the boolean as text. */
function isVerified({ trustsAddressesAt }: SsoProvider, claim: unknown): boolean {
  return claim === undefined ? trustsAddressesAt !== null : claim === true || claim === 'true';
}

/** Accounts are linked by this name and the provider's id of the person, its `sub`. */
export const accountProvider = ({ id }: Pick<SsoProvider, 'id'>): string => `sso:${id}`;

async function findLinked(tx: Tx, provider: SsoProvider, sub: string): Promise<User | undefined> {
  const [row] = await tx
    .select({ user: users })
    .from(accounts)
    .innerJoin(users, eq(users.id, accounts.userId))
    .where(and(eq(accounts.providerId, accountProvider(provider)), eq(accounts.accountId, sub)));
  return row?.user;
}

async function findByAddress(
  tx: Tx,
  provider: SsoProvider,
  email: string,
): Promise<User | undefined> {
  const [row] = await tx
    .select({ user: users, linkedAs: accounts.accountId })
    .from(users)
    .leftJoin(
      accounts,
      and(eq(accounts.userId, users.id), eq(accounts.providerId, accountProvider(provider))),
    )
    .where(eq(users.email, email));
  // An address that was handed on to somebody else does not hand on the account.
  if (row !== undefined && row.linkedAs !== null)
    throw refusal(
      'This address was linked to another person of your identity provider. ' +
        'Ask an admin of the workspace to remove and invite the member again.',
    );
  return row?.user;
}

const nameClaim = z.unknown().pipe(nameField);

/** Somebody new becomes a member if the workspace wants that. */
async function join(
  tx: Tx,
  provider: SsoProvider,
  { email, name }: { email: string; name: unknown },
): Promise<User> {
  if (provider.admitsAt === null) throw notMember();
  const parsed = nameClaim.safeParse(name);
  return insertUser(tx, {
    email,
    name: parsed.success ? parsed.data : (email.split('@')[0] ?? email),
    passwordHash: undefined,
  });
}

async function requireMembership(
  tx: Tx,
  provider: SsoProvider,
  { id, email }: User,
): Promise<void> {
  const grants = await tx
    .select({ id: staffGrants.id })
    .from(staffGrants)
    .where(eq(staffGrants.userId, id));
  if (grants.length > 0) throw notMember();
  const { tenantId, newMemberRole: role, admitsAt } = provider;
  const found = await tx
    .select({ id: memberships.id })
    .from(memberships)
    .where(and(eq(memberships.organizationId, tenantId), eq(memberships.userId, id)));
  if (found.length > 0) return;
  if (admitsAt === null) throw notMember();
  await insertMembership(tx, tenantId, id, isMemberRole(role) ? role : 'viewer');
  const target = { type: 'account', id, label: email };
  await recordAudit(tx, { tenantId, action: 'member.added', target, after: { role } });
}

async function link(tx: Tx, provider: SsoProvider, userId: string, sub: string): Promise<void> {
  await tx
    .insert(accounts)
    .values({ id: newId(), userId, providerId: accountProvider(provider), accountId: sub })
    .onConflictDoNothing({ target: [accounts.providerId, accounts.accountId] });
}

/** The sign-in concerns the provider's workspace alone, because it opens no other. */
async function recordSuccess(
  tx: Tx,
  { tenantId, issuer }: SsoProvider,
  { id, email }: User,
): Promise<void> {
  await tx.update(users).set({ lastSignInAt: new Date() }).where(eq(users.id, id));
  await recordAudit(tx, {
    tenantId,
    action: 'sign_in.succeeded',
    actor: { kind: 'user', id, label: email },
    target: { type: 'account', id, label: email },
    after: { method: 'single sign-on', issuer },
  });
}

/** Records that a provider's answer opened no session, and why. */
export async function recordFailure(
  { tenantId, issuer }: SsoProvider,
  reason: string,
): Promise<void> {
  await globalDb().transaction((tx) =>
    recordAudit(tx, {
      tenantId,
      action: 'sign_in.failed',
      after: { method: 'single sign-on', issuer, reason },
    }),
  );
}

const refusal = (message: string) => new Problem('forbidden', message);

/** Says the same to strangers, staff, members of other workspaces and disabled accounts. */
const notMember = () =>
  refusal('You are not a member of this workspace. Ask one of its admins for an invitation.');

const foreignDomain = (email: string) =>
  refusal(
    `Your identity provider may not sign in addresses at ${mailDomainOf(email)}. ` +
      'Choose an account of your organisation.',
  );
