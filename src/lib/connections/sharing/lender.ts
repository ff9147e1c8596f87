import { eq } from 'drizzle-orm';
import { findAccess, findAccessById, type Access } from '../../identity/auth/access.ts';
import { globalDb } from '../../platform/db/database.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { users } from '../../schema/identity.ts';
import { readOwner } from './rows.ts';

/**
 * The workspace whose sign-ins a person may use in the one of `access`: that one itself, or another
 * one of which they are staff as well, by its slug (blank: itself). Throws Problem `not_found`, the
 * same for a workspace that does not exist and for one that the person may not use.
 */
export async function requireLender(access: Access, slug: string): Promise<Access> {
  if (slug === '' || slug === access.tenant.slug) return access;
  return requireStaffOfBoth(
    access,
    access.isStaff ? await findAccess(access.user, slug) : undefined,
  );
}

/** Where the sign-in of a connection is renewed: at itself, or at the connection that it shares. */
export interface Renewal {
  access: Access;
  connectionId: string;
}

/**
 * The connection to sign in to, so that this one works again. Throws Problem `forbidden` for one
 * that uses another workspace's sign-in, unless the person is staff of both.
 */
export async function requireRenewal(access: Access, connectionId: string): Promise<Renewal> {
  const borrower = { tenantId: access.tenant.id, connectionId };
  const owner = isId(connectionId)
    ? await readOwner(borrower, (_tx, found) => Promise.resolve(found))
    : undefined;
  if (owner === undefined) return { access, connectionId };
  if (owner.tenantId === access.tenant.id) return { access, connectionId: owner.connectionId };
  if (!access.isStaff)
    throw new Problem(
      'forbidden',
      "This connection uses the agency's sign-in, which only the agency can renew.",
    );
  const lender = await findAccessById(access.user, owner.tenantId);
  return { access: await requireStaffOfBoth(access, lender), connectionId: owner.connectionId };
}

async function requireStaffOfBoth(access: Access, lender: Access | undefined): Promise<Access> {
  if (lender?.isStaff === true && (await hasFactorFor(access, lender))) return lender;
  throw new Problem('not_found', 'There is no workspace of that name whose sign-ins you can use.');
}

/**
 * Staff who are in one workspace have not yet shown the second factor that another one demands. They
 * signed in by password, because no identity provider makes staff, so their account tells.
 */
async function hasFactorFor(access: Access, lender: Access): Promise<boolean> {
  if (!lender.needsSecondFactor || access.needsSecondFactor) return true;
  const [user] = await globalDb()
    .select({ enabled: users.twoFactorEnabled })
    .from(users)
    .where(eq(users.id, access.user.id));
  return user?.enabled === true;
}
