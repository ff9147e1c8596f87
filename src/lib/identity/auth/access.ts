import { and, asc, eq, ilike, isNotNull, isNull, or, type SQL } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { isId } from '../../platform/id.ts';
import { toLikePattern } from '../../platform/db/like.ts';
import { enabledFeatures, type Feature } from '../features.ts';
import { tenants } from '../../schema/tenants.ts';
import { slugField } from './input.ts';
import { includesRole, isMemberRole, type Role } from './roles.ts';
import { memberships, staffGrants } from '../../schema/identity.ts';

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
  /** The features that are switched on. */
  features: readonly Feature[];
}

export interface Person {
  id: string;
  name: string;
  email: string;
}

/** The user's access to a workspace; undefined if it does not exist or the user has no access. */
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
    byTenant.set(row.tenant.id, { tenant: toTenantView(row.tenant), role: toRole(row) });
  return [...byTenant.values()];
}

async function selectAccess(user: Person, condition: SQL): Promise<Access | undefined> {
  const [row] = await selectAccessRows(user, condition);
  if (row === undefined) return undefined;
  const role = toRole(row);
  const { id, name, email } = user;
  const features = [...(await enabledFeatures(row.tenant.id))];
  return {
    tenant: toTenantView(row.tenant),
    user: { id, name, email },
    role,
    isStaff: role === 'staff',
    features,
  };
}

/** One row per tenant and grant. All pages and APIs decide by this query alone. */
function selectAccessRows(user: Person, condition: SQL | undefined) {
  const onGrant = or(isNull(staffGrants.tenantId), eq(staffGrants.tenantId, tenants.id));
  return globalDb()
    .select({ tenant: tenants, memberRole: memberships.role, grantId: staffGrants.id })
    .from(tenants)
    .leftJoin(
      memberships,
      and(eq(memberships.organizationId, tenants.id), eq(memberships.userId, user.id)),
    )
    .leftJoin(staffGrants, and(eq(staffGrants.userId, user.id), onGrant))
    .where(
      and(
        isNull(tenants.archivedAt),
        or(isNotNull(memberships.id), isNotNull(staffGrants.id)),
        condition,
      ),
    )
    .orderBy(asc(tenants.name), asc(tenants.id));
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
