import { and, eq, isNotNull } from 'drizzle-orm';
import { config } from '../../platform/config.ts';
import { globalDb } from '../../platform/db/database.ts';
import { ssoProviders } from '../../schema/sso.ts';

/** What a session says of how its person signed in. */
interface SignedIn {
  user: { twoFactorEnabled: boolean; ssoProviderId: string | null };
}

/**
 * Whether the person has proved more than a password for this session. Every demand for a second
 * factor is decided here. An account with two-step sign-in has no session that a password alone
 * opened, because turning it on ends all others. After single sign-on only the identity provider's
 * second factor counts, which staff vouch for: nobody was asked for a code of ours.
 */
export async function hasSecondFactor({ user }: SignedIn): Promise<boolean> {
  if (user.ssoProviderId === null) return user.twoFactorEnabled;
  const [vouched] = await globalDb()
    .select({ id: ssoProviders.id })
    .from(ssoProviders)
    .where(
      and(
        eq(ssoProviders.id, user.ssoProviderId),
        isNotNull(ssoProviders.enabledAt),
        isNotNull(ssoProviders.secondFactorAt),
      ),
    );
  return vouched !== undefined;
}

/** Whether staff need a second factor in every workspace: outside the demo they do. */
export function staffNeedSecondFactor(): boolean {
  return config().REQUIRE_STAFF_TWO_FACTOR;
}
