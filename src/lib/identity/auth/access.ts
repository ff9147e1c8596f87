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

/** A tenant as pages show it. */
interface TenantView {
  id: string;
  slug: string;
  name: string;
  timeZone: string;
  currency: string;
  accent: string | null;
  logoUrl: string | null;
}

/** Who looks at which workspace, and what they may do there. */
export interface Access {
  tenant: TenantView;
  user: { id: string; name: string; email: string };
  role: Role;
  isStaff: boolean;
  /** What the workspace has switched on. */
  features: readonly Feature[];
}

export interface Person {
  id: string;
  name: string;
  email: string;
}

/** The user's access to the workspace; a foreign workspace and an absent one are both undefined. */
export async function findAccess(user: Person, slug: string): Promise<Access | undefined> {
  // What cannot be a slug is absent too; a NUL from an address would be an error of the database.
  return slugField.safeParse(slug).success ? selectAccess(user, eq(tenants.slug, slug)) : undefined;
}

/** As `findAccess`, by the tenant's id. */
export async function findAccessById(user: Person, tenantId: string): Promise<Access | undefined> {
  return isId(tenantId) ? selectAccess(user, eq(tenants.id, tenantId)) : undefined;
}

/** Whether the access includes what `atLeast` may do; staff do all that admins do. */
export function hasRole(access: Access, atLeast: Role): boolean {
  return includesRole(access.role, atLeast);
}

export interface Workspace {
  tenant: TenantView;
  role: Role;
}

/** The workspaces that the user may enter, by name; `search` looks into name and slug. */
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

/** One row per tenant and reason to enter it: all pages and APIs decide on this query alone. */
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
  // An unknown word in the column must not give more than the least.
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
