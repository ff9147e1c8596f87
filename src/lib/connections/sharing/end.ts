import { and, asc, eq } from 'drizzle-orm';
import { recordAudit } from '../../identity/audit/record.ts';
import { inTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { borrowedAuthorizations, lentAuthorizations } from '../../schema/connections.ts';
import { readAuditTarget, unknownConnectionProblem } from '../connections.ts';
import { setRefused } from './health.ts';
import { listBorrowers, readReference, whereBorrowed, whereLent, type Sharer } from './rows.ts';

const stopped = 'It no longer uses the sign-in of another connection. Sign in to its own account.';
const withdrawn =
  'The sign-in that it used is no longer shared with it. Sign in to its account here.';
const erased =
  'The sign-in that it used was deleted with its workspace. Sign in to its account here.';

/**
 * A borrower stops using the authorization of another connection. It keeps its data and has to be
 * signed in to. Throws Problem `not_found`, and `conflict` when it has its own.
 */
export async function stopUsing(borrower: Sharer): Promise<void> {
  if (!isId(borrower.connectionId)) throw unknownConnectionProblem();
  const owner = await withTenant(borrower.tenantId, (tx) => readReference(tx, borrower));
  if (owner === undefined)
    throw new Problem('conflict', 'This connection does not use the sign-in of another one.');
  await withTenant(owner.tenantId, (tx) => end(tx, owner, borrower, stopped));
}

/**
 * Takes an authorization back from all connections that use it, each of which then has to be signed
 * in to. Throws Problem `not_found`, and `conflict` when none uses it.
 */
export async function stopLending(owner: Sharer): Promise<void> {
  if (!isId(owner.connectionId)) throw unknownConnectionProblem();
  await withTenant(owner.tenantId, async (tx) => {
    const borrowers = await listBorrowers(tx, owner);
    if (borrowers.length === 0)
      throw new Problem('conflict', 'No other connection uses the sign-in of this one.');
    for (const borrower of borrowers) await end(tx, owner, borrower, withdrawn);
  });
}

/**
 * Ends all sharing of a workspace that is about to be deleted, in both directions, each in a small
 * transaction of its own. Those that used one of its authorizations say what happened.
 */
export async function endSharing(tenantId: string): Promise<void> {
  for (const { owner, borrower } of await withTenant(tenantId, (tx) => listAll(tx, tenantId)))
    await withTenant(owner.tenantId, (tx) => end(tx, owner, borrower, erased));
}

async function listAll(tx: Tx, tenantId: string): Promise<{ owner: Sharer; borrower: Sharer }[]> {
  const lent = await tx
    .select()
    .from(lentAuthorizations)
    .where(eq(lentAuthorizations.tenantId, tenantId))
    .orderBy(asc(lentAuthorizations.connectionId));
  const borrowed = await tx
    .select()
    .from(borrowedAuthorizations)
    .where(eq(borrowedAuthorizations.tenantId, tenantId));
  return [
    ...lent.map(({ connectionId, borrowerTenantId, borrowerConnectionId }) => ({
      owner: { tenantId, connectionId },
      borrower: { tenantId: borrowerTenantId, connectionId: borrowerConnectionId },
    })),
    ...borrowed.map(({ connectionId, ownerTenantId, ownerConnectionId }) => ({
      owner: { tenantId: ownerTenantId, connectionId: ownerConnectionId },
      borrower: { tenantId, connectionId },
    })),
  ];
}

/** In a transaction of the owner's workspace. Does nothing to a side that has ended already. */
async function end(tx: Tx, owner: Sharer, borrower: Sharer, reason: string): Promise<void> {
  const gone = await tx
    .delete(lentAuthorizations)
    .where(whereLent(owner, borrower))
    .returning({ id: lentAuthorizations.connectionId });
  if (gone.length > 0) await noteEnd(tx, owner, 'lent');
  await inTenant(tx, borrower.tenantId, () => endBorrowing(tx, owner, borrower, reason));
}

async function endBorrowing(
  tx: Tx,
  owner: Sharer,
  borrower: Sharer,
  reason: string,
): Promise<void> {
  const gone = await tx
    .delete(borrowedAuthorizations)
    .where(
      and(
        whereBorrowed(borrower),
        eq(borrowedAuthorizations.ownerTenantId, owner.tenantId),
        eq(borrowedAuthorizations.ownerConnectionId, owner.connectionId),
      ),
    )
    .returning({ id: borrowedAuthorizations.connectionId });
  if (gone.length === 0) return;
  await setRefused(tx, borrower, reason);
  await noteEnd(tx, borrower, 'used');
}

async function noteEnd(tx: Tx, sharer: Sharer, side: 'lent' | 'used'): Promise<void> {
  const { tenantId, connectionId } = sharer;
  await recordAudit(tx, {
    tenantId,
    action: 'connection.sharing_ended',
    target: await readAuditTarget(tx, tenantId, connectionId),
    before: { side },
  });
}
