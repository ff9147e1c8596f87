import { randomBytes } from 'node:crypto';
import { and, asc, eq, isNotNull, or, sql } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { ssoDomains, ssoProviders } from '../../schema/sso.ts';
import type { AuditAction } from '../audit/actions.ts';
import { recordAudit } from '../audit/record.ts';
import type { Access } from '../auth/access.ts';
import { fieldProblem } from '../auth/input.ts';

/** A domain of a workspace, with the record that proves who owns it. */
export interface SsoDomain {
  domain: string;
  verifiedAt: Date | null;
  /** Name and text of the TXT record. */
  record: { name: string; value: string };
}

/** More belong to no company that asks for this. */
const maxDomains = 50;

export async function listDomains(tenantId: string): Promise<SsoDomain[]> {
  const rows = await globalDb()
    .select()
    .from(ssoDomains)
    .where(eq(ssoDomains.tenantId, tenantId))
    .orderBy(asc(ssoDomains.domain));
  return rows.map(({ domain, token, verifiedAt }) => ({
    domain,
    verifiedAt,
    record: { name: `_tributary-sso.${domain}`, value: `tributary-sso=${token}` },
  }));
}

/** Claims a domain, in lower case and ASCII; it counts only after `verifyDomain`. */
export async function addDomain({ tenant }: Access, domain: string): Promise<void> {
  const known = await listDomains(tenant.id);
  if (known.length >= maxDomains)
    throw fieldProblem('conflict', 'domain', `A workspace has at most ${maxDomains} domains.`);
  const token = randomBytes(24).toString('base64url');
  await globalDb().transaction(async (tx) => {
    const added = await tx
      .insert(ssoDomains)
      .values({ tenantId: tenant.id, domain, token })
      .onConflictDoNothing()
      .returning({ domain: ssoDomains.domain });
    if (added.length > 0) await recordDomain(tx, 'sso.domain_added', tenant.id, domain);
  });
}

/** The texts of the TXT records at a name; throws Problem when the DNS does not answer. */
export type LookUpTxt = (name: string) => Promise<string[]>;

/**
 * Looks for the TXT record of a domain and notes that it was there. Throws Problem `bad_request`
 * when it is missing, and `conflict` when a workspace with another provider has the domain.
 */
export async function verifyDomain(
  { tenant }: Access,
  domain: string,
  lookUpTxt: LookUpTxt,
): Promise<void> {
  const claimed = (await listDomains(tenant.id)).find((known) => known.domain === domain);
  if (claimed === undefined) throw unknownDomain();
  const { name, value } = claimed.record;
  const texts = await lookUpTxt(name);
  if (!texts.some((text) => text.trim() === value))
    throw new Problem(
      'bad_request',
      `There is no TXT record "${value}" at ${name}. ` +
        'New records may take some minutes to be seen; then check again.',
    );
  await globalDb().transaction(async (tx) => {
    await requireSoleProvider(tx, tenant.id, domain);
    await tx
      .update(ssoDomains)
      .set({ verifiedAt: new Date() })
      .where(whereDomain(tenant.id, domain));
    await recordDomain(tx, 'sso.domain_verified', tenant.id, domain);
  });
}

/** Takes a domain back: nobody with an address there can use single sign-on any more. */
export async function removeDomain({ tenant }: Access, domain: string): Promise<void> {
  await globalDb().transaction(async (tx) => {
    const removed = await tx
      .delete(ssoDomains)
      .where(whereDomain(tenant.id, domain))
      .returning({ verifiedAt: ssoDomains.verifiedAt });
    if (removed.length === 0) throw unknownDomain();
    await recordDomain(tx, 'sso.domain_removed', tenant.id, domain);
  });
}

/**
 * Throws Problem `conflict` when another workspace has verified the domain and uses another
 * provider: one address would then belong to two. Locks what it reads, so that of two workspaces
 * that verify at once the second sees the first.
 */
export async function requireSoleProvider(tx: Tx, tenantId: string, domain: string): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`sso:${domain}`}, 0))`);
  const rows = await tx
    .select({
      tenantId: ssoProviders.tenantId,
      issuer: ssoProviders.issuer,
      clientId: ssoProviders.clientId,
    })
    .from(ssoDomains)
    .innerJoin(ssoProviders, eq(ssoProviders.tenantId, ssoDomains.tenantId))
    .where(
      and(
        eq(ssoDomains.domain, domain),
        or(eq(ssoDomains.tenantId, tenantId), isNotNull(ssoDomains.verifiedAt)),
      ),
    );
  const own = rows.find((row) => row.tenantId === tenantId);
  const others = rows.filter((row) => row.tenantId !== tenantId);
  if (others.every(({ issuer, clientId }) => issuer === own?.issuer && clientId === own.clientId))
    return;
  throw new Problem(
    'conflict',
    `Another workspace has verified ${domain} for a different identity provider. ` +
      'Remove the domain there, or enter the same issuer and client ID in both.',
  );
}

const recordDomain = (tx: Tx, action: AuditAction, tenantId: string, domain: string) =>
  recordAudit(tx, { action, tenantId, target: { type: 'domain', id: domain, label: domain } });

const whereDomain = (tenantId: string, domain: string) =>
  and(eq(ssoDomains.tenantId, tenantId), eq(ssoDomains.domain, domain));

const unknownDomain = () =>
  new Problem('not_found', 'This domain is not on the list any more. Reload the page.');
