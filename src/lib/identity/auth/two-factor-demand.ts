import { and, asc, eq, isNotNull, isNull } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { memberships, staffGrants } from '../../schema/identity.ts';
import { tenants } from '../../schema/tenants.ts';
import { recordAudit } from '../audit/record.ts';
import { hasRole, type Access, type Person } from './access.ts';
import { hasSecondFactor, staffNeedSecondFactor } from './second-factor.ts';
import type { SignedIn } from './sessions.ts';

/** Who demands two-step sign-in of a person. */
export interface TwoFactorDemands {
  /** Whether the agency does, because the person is staff. */
  asStaff: boolean;
  /** The names of the workspaces of the person that do. */
  workspaces: string[];
}

export async function findTwoFactorDemands(userId: string): Promise<TwoFactorDemands> {
  const [asStaff, rows] = await Promise.all([
    isDemandedAsStaff({ id: userId }),
    globalDb()
      .select({ name: tenants.name })
      .from(memberships)
      .innerJoin(tenants, eq(tenants.id, memberships.organizationId))
      .where(
        and(
          eq(memberships.userId, userId),
          isNotNull(tenants.twoFactorDemandedAt),
          isNull(tenants.archivedAt),
        ),
      )
      .orderBy(asc(tenants.name)),
  ]);
  return { asStaff, workspaces: rows.map(({ name }) => name) };
}

/** The demands as a sentence; undefined when there are none. Pure. */
export function describeDemands({ asStaff, workspaces }: TwoFactorDemands): string | undefined {
  if (asStaff) return 'staff need it to enter any workspace.';
  if (workspaces.length === 0) return undefined;
  const names = new Intl.ListFormat('en', { type: 'conjunction' }).format(workspaces);
  return `${names} ${workspaces.length === 1 ? 'demands' : 'demand'} it of everybody.`;
}

/**
 * Whether the person is staff of any workspace, and staff need a second factor. After single
 * sign-on nobody is staff.
 */
export async function isDemandedAsStaff({
  id,
  ssoProviderId = null,
}: Pick<Person, 'id' | 'ssoProviderId'>): Promise<boolean> {
  if (!staffNeedSecondFactor() || ssoProviderId !== null) return false;
  const [grant] = await globalDb()
    .select({ id: staffGrants.id })
    .from(staffGrants)
    .where(eq(staffGrants.userId, id))
    .limit(1);
  return grant !== undefined;
}

/** Since when the workspace demands two-step sign-in; null when it does not. */
export async function findDemandedSince({ tenant }: Access): Promise<Date | null> {
  const [row] = await globalDb()
    .select({ since: tenants.twoFactorDemandedAt })
    .from(tenants)
    .where(eq(tenants.id, tenant.id));
  return row?.since ?? null;
}

/**
 * Makes two-step sign-in a condition for entering the workspace, or lifts that. Throws Problem
 * `conflict` for an admin who has no second factor: the next request would shut them out.
 */
export async function setTwoFactorDemand(
  access: Access,
  signedIn: SignedIn,
  demanded: boolean,
): Promise<void> {
  if (!hasRole(access, 'admin'))
    throw new Problem('forbidden', 'Only admins of this workspace can change how people sign in.');
  if (demanded && !(await hasSecondFactor(signedIn)))
    throw new Problem(
      'conflict',
      'You have not set up two-step sign-in yourself, and would lose access to this workspace. ' +
        'Set it up for your account first.',
    );
  const { twoFactorDemandedAt: column } = tenants;
  await globalDb().transaction(async (tx) => {
    const changed = await tx
      .update(tenants)
      .set({ twoFactorDemandedAt: demanded ? new Date() : null })
      .where(and(eq(tenants.id, access.tenant.id), demanded ? isNull(column) : isNotNull(column)))
      .returning({ id: tenants.id });
    if (changed.length === 0) return;
    await recordAudit(tx, {
      tenantId: access.tenant.id,
      action: 'settings.changed',
      before: { twoFactorDemanded: !demanded },
      after: { twoFactorDemanded: demanded },
    });
  });
}
