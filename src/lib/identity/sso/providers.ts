import { and, asc, eq, isNotNull, isNull } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { isId } from '../../platform/id.ts';
import { ssoDomains, ssoProviders } from '../../schema/sso.ts';
import { tenants } from '../../schema/tenants.ts';

export type SsoProvider = typeof ssoProviders.$inferSelect;

/** The domain of an address, in lower case; empty when there is none. */
export const mailDomainOf = (email: string): string =>
  email.slice(email.lastIndexOf('@') + 1).toLowerCase();

/** The provider of a workspace, switched on or not. */
export async function findProviderOf(tenantId: string): Promise<SsoProvider | undefined> {
  const rows = await globalDb()
    .select()
    .from(ssoProviders)
    .where(eq(ssoProviders.tenantId, tenantId));
  return rows[0];
}

/** A provider that is switched on, of a workspace that is served. */
export async function findEnabledProvider(id: string): Promise<SsoProvider | undefined> {
  if (!isId(id)) return undefined;
  const [row] = await selectEnabled().where(
    and(eq(ssoProviders.id, id), isNotNull(ssoProviders.enabledAt)),
  );
  return row?.provider;
}

/**
 * The provider where people with an address at a domain sign in. Where several workspaces have
 * verified the domain, that of the first one counts, so that a later one cannot draw people away.
 */
export async function findProviderFor(domain: string): Promise<SsoProvider | undefined> {
  const [row] = await selectEnabled()
    .innerJoin(ssoDomains, eq(ssoDomains.tenantId, ssoProviders.tenantId))
    .where(
      and(
        isNotNull(ssoProviders.enabledAt),
        eq(ssoDomains.domain, domain),
        isNotNull(ssoDomains.verifiedAt),
      ),
    )
    .orderBy(asc(ssoDomains.verifiedAt), asc(ssoProviders.id))
    .limit(1);
  return row?.provider;
}

/** Whether anybody can sign in with single sign-on here. */
export async function isSsoOffered(): Promise<boolean> {
  const rows = await selectEnabled().where(isNotNull(ssoProviders.enabledAt)).limit(1);
  return rows.length > 0;
}

/** The domains that a workspace has proved to be its own. */
export async function listVerifiedDomains(tenantId: string): Promise<string[]> {
  const rows = await globalDb()
    .select({ domain: ssoDomains.domain })
    .from(ssoDomains)
    .where(and(eq(ssoDomains.tenantId, tenantId), isNotNull(ssoDomains.verifiedAt)));
  return rows.map(({ domain }) => domain);
}

const served = and(eq(tenants.id, ssoProviders.tenantId), isNull(tenants.archivedAt));

function selectEnabled() {
  return globalDb()
    .select({ provider: ssoProviders })
    .from(ssoProviders)
    .innerJoin(tenants, served);
}
