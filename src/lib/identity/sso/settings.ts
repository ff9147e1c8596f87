import { eq } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { newId } from '../../platform/id.ts';
import { accounts, sessions } from '../../schema/identity.ts';
import { ssoProviders } from '../../schema/sso.ts';
import { changedFields, recordAudit } from '../audit/record.ts';
import type { Access } from '../auth/access.ts';
import { fieldProblem, parseInput, roleField } from '../auth/input.ts';
import { requireSoleProvider } from './domains.ts';
import { describeFailure } from './failure.ts';
import { discover } from './oidc.ts';
import { accountProvider } from './people.ts';
import { findProviderOf, listVerifiedDomains, type SsoProvider } from './providers.ts';
import { openClientSecret, sealClientSecret } from './secret.ts';

const wellKnown = '/.well-known/openid-configuration';

const clientInput = z.object({
  issuer: z
    .string()
    .trim()
    .max(500, 'This address is too long.')
    .transform((text) => (text.endsWith(wellKnown) ? text.slice(0, -wellKnown.length) : text))
    .pipe(z.url({ protocol: /^https?$/, error: 'Enter the address that begins with https://.' })),
  clientId: z.string().trim().min(1, 'Enter the client ID.').max(500, 'This is too long.'),
  /** Empty: the stored one stays. */
  clientSecret: z.string().trim().max(2000, 'This is too long.'),
});

/**
 * Stores the provider of a workspace after reading its discovery document. A new one is switched
 * off. With another issuer or client ID, the links to its people and its sessions end: `sub` means
 * somebody else there. Throws Problem for wrong fields and for an issuer that cannot be used.
 */
export async function saveProvider(
  { tenant }: Access,
  input: { issuer: string; clientId: string; clientSecret: string },
): Promise<void> {
  const fields = parseInput(clientInput, input);
  const before = await findProviderOf(tenant.id);
  const { clientId } = fields;
  const secret = selectSecret(before, fields);
  const issuer = await readIssuer({ issuer: fields.issuer, clientId, secret });
  const owner = { id: before?.id ?? newId(), tenantId: tenant.id };
  const values = { issuer, clientId, ...sealClientSecret(owner, secret), updatedAt: new Date() };
  const domains = await listVerifiedDomains(tenant.id);
  await globalDb().transaction(async (tx) => {
    await tx
      .insert(ssoProviders)
      .values({ ...owner, ...values })
      .onConflictDoUpdate({ target: ssoProviders.tenantId, set: values });
    for (const domain of domains.toSorted()) await requireSoleProvider(tx, tenant.id, domain);
    if (before !== undefined && (before.issuer !== issuer || before.clientId !== clientId))
      await forgetPeople(tx, before);
    await recordAudit(tx, {
      action: 'sso.configured',
      ...toTarget(owner.tenantId, issuer),
      ...changedFields(
        { issuer: before?.issuer, clientId: before?.clientId },
        { issuer, clientId, clientSecret: fields.clientSecret === '' ? undefined : 'new' },
      ),
    });
  });
}

const toTarget = (tenantId: string, issuer: string) => ({
  tenantId,
  target: { type: 'identity provider', label: issuer },
});

/** A stored secret is never sent to an issuer that it was not entered for. */
function selectSecret(
  before: SsoProvider | undefined,
  { issuer, clientSecret }: { issuer: string; clientSecret: string },
): string {
  if (clientSecret !== '') return clientSecret;
  if (before === undefined)
    throw fieldProblem('bad_request', 'clientSecret', 'Enter the client secret.');
  if (before.issuer !== issuer)
    throw fieldProblem(
      'bad_request',
      'clientSecret',
      'Enter the client secret again: it belongs to the issuer that was here before.',
    );
  return openClientSecret(before);
}

/** The issuer as its discovery document states it, which is what ID tokens will carry. */
async function readIssuer(client: Parameters<typeof discover>[0]): Promise<string> {
  const { issuer } = (await tryDiscover(client)).serverMetadata();
  // Entra ID's shared addresses (common, organizations) stand for every directory in the world.
  if (!URL.canParse(issuer) || /[{}]|%7b/i.test(issuer))
    throw fieldProblem(
      'bad_request',
      'issuer',
      'This address stands for many organisations. Enter the issuer of your own directory, ' +
        'such as https://login.microsoftonline.com/<directory ID>/v2.0.',
    );
  return issuer;
}

async function tryDiscover(client: Parameters<typeof discover>[0]) {
  try {
    return await discover(client);
  } catch (error) {
    const reason = describeFailure(error);
    if (reason === undefined) throw error;
    throw fieldProblem(
      'bad_request',
      'issuer',
      `The discovery document could not be read: ${reason}. Correct the issuer.`,
    );
  }
}

/** Ends the sessions that a provider opened, and the links of its people to accounts. */
async function forgetPeople(tx: Tx, provider: SsoProvider): Promise<void> {
  await tx.delete(sessions).where(eq(sessions.ssoProviderId, provider.id));
  await tx.delete(accounts).where(eq(accounts.providerId, accountProvider(provider)));
}

const optionsInput = z.object({
  required: z.boolean(),
  admits: z.boolean(),
  newMemberRole: roleField,
  secondFactor: z.boolean(),
  trustsAddresses: z.boolean(),
});
export type SsoOptions = z.input<typeof optionsInput>;

/** Changes the rules of a workspace's single sign-on. Throws Problem `not_found` without one. */
export async function saveOptions({ tenant }: Access, input: SsoOptions): Promise<void> {
  const options = parseInput(optionsInput, input);
  const before = await requireProvider(tenant.id);
  const since = (at: Date | null, on: boolean) => (on ? (at ?? new Date()) : null);
  const after = {
    requiredAt: since(before.requiredAt, options.required),
    admitsAt: since(before.admitsAt, options.admits),
    newMemberRole: options.newMemberRole,
    secondFactorAt: since(before.secondFactorAt, options.secondFactor),
    trustsAddressesAt: since(before.trustsAddressesAt, options.trustsAddresses),
  };
  await globalDb().transaction(async (tx) => {
    await updateProvider(tx, before, after);
    await recordAudit(tx, {
      action: 'sso.rules_changed',
      ...toTarget(tenant.id, before.issuer),
      ...changedFields(before, after),
    });
  });
}

/**
 * Switches single sign-on on or off. Off, its sessions open nothing any more, and passwords work
 * again for everybody. Throws Problem `conflict` while no domain is verified.
 */
export async function switchProvider({ tenant }: Access, on: boolean): Promise<void> {
  const provider = await requireProvider(tenant.id);
  if (on && (await listVerifiedDomains(tenant.id)).length === 0)
    throw new Problem(
      'conflict',
      'No domain is verified yet, so nobody could sign in. Verify one first.',
    );
  const enabledAt = on ? (provider.enabledAt ?? new Date()) : null;
  await globalDb().transaction(async (tx) => {
    await updateProvider(tx, provider, { enabledAt });
    await recordAudit(tx, {
      action: on ? 'sso.enabled' : 'sso.disabled',
      ...toTarget(tenant.id, provider.issuer),
    });
  });
}

async function updateProvider(
  tx: Tx,
  { id }: SsoProvider,
  values: Partial<SsoProvider>,
): Promise<void> {
  await tx
    .update(ssoProviders)
    .set({ ...values, updatedAt: new Date() })
    .where(eq(ssoProviders.id, id));
}

/** Removes the provider with its secret, its sessions and the links of its people. */
export async function removeProvider({ tenant }: Access): Promise<void> {
  const provider = await requireProvider(tenant.id);
  await globalDb().transaction(async (tx) => {
    await forgetPeople(tx, provider);
    await tx.delete(ssoProviders).where(eq(ssoProviders.id, provider.id));
    await recordAudit(tx, { action: 'sso.removed', ...toTarget(tenant.id, provider.issuer) });
  });
}

export async function requireProvider(tenantId: string): Promise<SsoProvider> {
  const provider = await findProviderOf(tenantId);
  if (provider === undefined)
    throw new Problem('not_found', 'Single sign-on is not set up yet. Enter the provider first.');
  return provider;
}
