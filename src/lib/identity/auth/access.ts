import { and, asc, eq, ilike, isNotNull, isNull, or, sql, type SQL } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { toLikePattern } from '../../platform/db/like.ts';
import { enabledFeatures, type Feature } from '../features.ts';
import { tenants } from '../../schema/tenants.ts';
import { slugField } from './input.ts';
import { includesRole, isMemberRole, type Role } from './roles.ts';
import { staffNeedSecondFactor } from './second-factor.ts';
import { memberships, staffGrants } from '../../schema/identity.ts';
import { mailDomainOf } from '../sso/providers.ts';
import { acceptsSignIn, demandsSso } from '../sso/trust.ts';

export type { Role } from './roles.ts';

/** The fields of a tenant that pages show. */
interface TenantView {
  id: string;
  slug: string;
  name: string;
  timeZone: string;
  currency: string;
  accent: string | null;
  logoUrl: string | null;
}

/** A user's access to a workspace. */
export interface Access {
  tenant: TenantView;
  user: { id: string; name: string; email: string };
  role: Role;
  isStaff: boolean;
  /** Whether only people with a second factor may enter (`hasSecondFactor`). */
  needsSecondFactor: boolean;
  /** The features that are switched on. */
  features: readonly Feature[];
}

export interface Person {
  id: string;
  name: string;
  email: string;
  /** The identity provider that signed the person in; null or absent after a password. */
  ssoProviderId?: string | null;
}

/**
 * The user's access to a workspace; undefined if it does not exist or the user has no access. Throws
 * Problem `forbidden` when it wants the user to sign in with its identity provider first.
 */
export async function findAccess(user: Person, slug: string): Promise<Access | undefined> {
  // Rejects what cannot be a slug first, because a NUL would be an error of the database.
  return slugField.safeParse(slug).success ? selectAccess(user, eq(tenants.slug, slug)) : undefined;
}

/** Like `findAccess`, by the id of the tenant. */
export async function findAccessById(user: Person, tenantId: string): Promise<Access | undefined> {
  return isId(tenantId) ? selectAccess(user, eq(tenants.id, tenantId)) : undefined;
}

/** Whether the access has all rights of `atLeast`; staff have all rights of admins. */
export function hasRole(access: Access, atLeast: Role): boolean {
  return includesRole(access.role, atLeast);
}

export interface Workspace {
  tenant: TenantView;
  role: Role;
  /** The workspace wants the person to sign in with its identity provider first. */
  demandsSso: boolean;
}

/** The workspaces of the user, ordered by name; `search` matches name and slug. */
export async function listWorkspaces(user: Person, search = ''): Promise<Workspace[]> {
  const pattern = toLikePattern(search.trim().replace(/\0/g, ''));
  const rows = await selectAccessRows(
    user,
    or(ilike(tenants.name, pattern), ilike(tenants.slug, pattern)),
  );
  const byTenant = new Map<string, Workspace>();
  for (const row of rows)
    byTenant.set(row.tenant.id, {
      tenant: toTenantView(row.tenant),
      role: toRole(row),
      demandsSso: isShut(row),
    });
  return [...byTenant.values()];
}

async function selectAccess(user: Person, condition: SQL): Promise<Access | undefined> {
  const [row] = await selectAccessRows(user, condition);
  if (row === undefined) return undefined;
  if (isShut(row)) throw ssoProblem(row.tenant.name, user.email);
  const role = toRole(row);
  const { id, name, email } = user;
  const features = [...(await enabledFeatures(row.tenant.id))];
  return {
    tenant: toTenantView(row.tenant),
    user: { id, name, email },
    role,
    isStaff: role === 'staff',
    needsSecondFactor:
      row.tenant.twoFactorDemandedAt !== null || (role === 'staff' && staffNeedSecondFactor()),
    features,
  };
}

/** One row per tenant and grant. All pages and APIs decide by this query alone. */
function selectAccessRows(user: Person, condition: SQL | undefined) {
  // No identity provider of a client makes anybody staff.
  const byPassword = (user.ssoProviderId ?? null) === null ? undefined : sql`false`;
  const onGrant = or(isNull(staffGrants.tenantId), eq(staffGrants.tenantId, tenants.id));
  return globalDb()
    .select({
      tenant: tenants,
      memberRole: memberships.role,
      grantId: staffGrants.id,
      demandsSso: demandsSso(user),
    })
    .from(tenants)
    .leftJoin(
      memberships,
      and(eq(memberships.organizationId, tenants.id), eq(memberships.userId, user.id)),
    )
    .leftJoin(staffGrants, and(eq(staffGrants.userId, user.id), onGrant, byPassword))
    .where(
      and(
        isNull(tenants.archivedAt),
        or(isNotNull(memberships.id), isNotNull(staffGrants.id)),
        acceptsSignIn(user),
        condition,
      ),
    )
    .orderBy(asc(tenants.name), asc(tenants.id));
}

/** Staff get in with their password, so that somebody can mend a provider that fails. */
const isShut = ({ demandsSso: demanded, grantId }: AccessRow): boolean =>
  demanded && grantId === null;

function ssoProblem(workspace: string, email: string): Problem {
  return new Problem(
    'forbidden',
    `${workspace} requires single sign-on for addresses at ${mailDomainOf(email)}. ` +
      'Sign out, then choose "Continue with single sign-on" on the sign-in page.',
  );
}

type AccessRow = Awaited<ReturnType<typeof selectAccessRows>>[number];

function toRole({ memberRole, grantId }: AccessRow): Role {
  if (grantId !== null) return 'staff';
  // An unknown role in the column only gives the fewest rights.
  return memberRole !== null && isMemberRole(memberRole) ? memberRole : 'viewer';
}

function toTenantView({
  id,
  slug,
  name,
  timeZone,
  currency,
  accent,
  logo,
}: typeof tenants.$inferSelect): TenantView {
  return { id, slug, name, timeZone, currency, accent, logoUrl: logo };
}
