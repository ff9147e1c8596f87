import { and, asc, eq } from 'drizzle-orm';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { borrowedAuthorizations, lentAuthorizations } from '../../schema/connections.ts';

/*
 * A connection may use the authorization of another one, its owner. Refresh tokens are good once, so
 * they are never copied: the owner's row keeps them, sealed for it, and its lease is everybody's.
 * The reference stands in two rows, one in the workspace of either side, and counts only while both
 * are there. Transactions that touch both sides begin with the owner's, so that none waits for
 * another in a circle.
 */

/** One connection, wherever it is. */
export interface Sharer {
  tenantId: string;
  connectionId: string;
}

/** The connection whose authorization this one names; undefined when it has its own. */
export async function readReference(tx: Tx, borrower: Sharer): Promise<Sharer | undefined> {
  const [row] = await tx
    .select({
      tenantId: borrowedAuthorizations.ownerTenantId,
      connectionId: borrowedAuthorizations.ownerConnectionId,
    })
    .from(borrowedAuthorizations)
    .where(whereBorrowed(borrower));
  return row;
}

/**
 * Reads something of the connection whose authorization this one uses. This is the only way from one
 * workspace's connection to a row of another workspace: the reference comes from the borrower's own
 * row, and `read` runs only if the owner's workspace names the borrower in turn. Undefined when the
 * connection has its own authorization, or the other side has ended.
 */
export async function readOwner<T>(
  borrower: Sharer,
  read: (tx: Tx, owner: Sharer) => Promise<T>,
): Promise<T | undefined> {
  const owner = await retryInTenant(borrower.tenantId, (tx) => readReference(tx, borrower));
  if (owner === undefined) return undefined;
  return retryInTenant(owner.tenantId, async (tx) => {
    const [lent] = await tx
      .select({ id: lentAuthorizations.connectionId })
      .from(lentAuthorizations)
      .where(whereLent(owner, borrower));
    return lent === undefined ? undefined : read(tx, owner);
  });
}

/** The connections that use the authorization of this one, always in the same order. */
export function listBorrowers(tx: Tx, owner: Sharer): Promise<Sharer[]> {
  return tx
    .select({
      tenantId: lentAuthorizations.borrowerTenantId,
      connectionId: lentAuthorizations.borrowerConnectionId,
    })
    .from(lentAuthorizations)
    .where(whereOwner(owner))
    .orderBy(
      asc(lentAuthorizations.borrowerTenantId),
      asc(lentAuthorizations.borrowerConnectionId),
    );
}

/** The condition for the borrower's row. */
export const whereBorrowed = ({ tenantId, connectionId }: Sharer) =>
  and(
    eq(borrowedAuthorizations.tenantId, tenantId),
    eq(borrowedAuthorizations.connectionId, connectionId),
  );

/** The condition for the owner's row about one borrower. */
export const whereLent = (owner: Sharer, borrower: Sharer) =>
  and(
    whereOwner(owner),
    eq(lentAuthorizations.borrowerTenantId, borrower.tenantId),
    eq(lentAuthorizations.borrowerConnectionId, borrower.connectionId),
  );

const whereOwner = ({ tenantId, connectionId }: Sharer) =>
  and(eq(lentAuthorizations.tenantId, tenantId), eq(lentAuthorizations.connectionId, connectionId));
