import { and, eq, exists, isNotNull, sql, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { globalDb } from '../../platform/db/database.ts';
import { ssoDomains, ssoProviders } from '../../schema/sso.ts';
import { tenants } from '../../schema/tenants.ts';
import { mailDomainOf } from './providers.ts';

/** Who asks for access, and which provider signed them in; null or absent after a password. */
interface SignedInPerson {
  email: string;
  ssoProviderId?: string | null;
}

/**
 * Condition on `tenants`: the workspace accepts how the person signed in. After a password each
 * does, as far as `demandsSso` allows. A provider's word counts where it is the workspace's own, or
 * the same client of the same issuer, and where the domain of the address is verified; switching it
 * off or removing the domain ends the access with the next request.
 */
export function acceptsSignIn({ email, ssoProviderId = null }: SignedInPerson): SQL | undefined {
  if (ssoProviderId === null) return undefined;
  const signedInBy = alias(ssoProviders, 'signed_in_by');
  const same = globalDb()
    .select({ id: ssoProviders.id })
    .from(ssoProviders)
    .innerJoin(
      signedInBy,
      and(
        eq(signedInBy.issuer, ssoProviders.issuer),
        eq(signedInBy.clientId, ssoProviders.clientId),
      ),
    )
    .where(
      and(
        eq(ssoProviders.tenantId, tenants.id),
        isNotNull(ssoProviders.enabledAt),
        eq(signedInBy.id, ssoProviderId),
        isNotNull(signedInBy.enabledAt),
      ),
    );
  return and(exists(same), ownsDomainOf(email));
}

/** Value on `tenants`: whether the workspace wants the person to sign in with its provider. */
export function demandsSso({ email, ssoProviderId = null }: SignedInPerson): SQL<boolean> {
  if (ssoProviderId !== null) return sql<boolean>`false`;
  const demanding = globalDb()
    .select({ id: ssoProviders.id })
    .from(ssoProviders)
    .where(
      and(
        eq(ssoProviders.tenantId, tenants.id),
        isNotNull(ssoProviders.enabledAt),
        isNotNull(ssoProviders.requiredAt),
      ),
    );
  return sql<boolean>`(${exists(demanding)} and ${ownsDomainOf(email)})`;
}

function ownsDomainOf(email: string): SQL {
  return exists(
    globalDb()
      .select({ domain: ssoDomains.domain })
      .from(ssoDomains)
      .where(
        and(
          eq(ssoDomains.tenantId, tenants.id),
          eq(ssoDomains.domain, mailDomainOf(email)),
          isNotNull(ssoDomains.verifiedAt),
        ),
      ),
  );
}
