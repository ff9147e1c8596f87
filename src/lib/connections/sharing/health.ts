import { and, eq, ne, sql } from 'drizzle-orm';
import { inTenant, retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { authorizations, connections } from '../../schema/connections.ts';
import { listBorrowers, readReference, type Sharer } from './rows.ts';

/**
 * What a borrower says when the shared grant was refused. `isOwnWorkspace`: the owner is in the same
 * workspace; of any other workspace nothing is told.
 */
export const describeRefusal = (provider: string, isOwnWorkspace: boolean): string =>
  isOwnWorkspace
    ? `${provider} no longer renews the sign-in that this connection shares with another. Sign in ` +
      'again here or there, and every connection that shares it works again.'
    : `${provider} no longer renews the agency's sign-in, which this connection uses. The agency ` +
      'has to sign in again.';

/**
 * Marks all connections that share a refused grant for reconnecting, the owner included; does
 * nothing to one that shares it with nobody, whose caller says so itself. Paused ones stay paused:
 * they ask for nothing.
 */
export async function markRefused(
  owner: Sharer,
  { label }: { label: string },
  reason: string,
): Promise<void> {
  await retryInTenant(owner.tenantId, async (tx) => {
    const borrowers = await listBorrowers(tx, owner);
    if (borrowers.length === 0) return;
    await setRefused(tx, owner, reason);
    for (const borrower of borrowers) {
      const words = describeRefusal(label, borrower.tenantId === owner.tenantId);
      await inTenant(tx, borrower.tenantId, () => setRefused(tx, borrower, words));
    }
  });
}

/** Marks one connection for reconnecting unless it is paused. */
export async function setRefused(tx: Tx, sharer: Sharer, statusReason: string): Promise<void> {
  await tx
    .update(connections)
    .set({ status: 'needs_reconnect', statusReason, updatedAt: sql`now()` })
    .where(and(whereSharer(sharer), ne(connections.status, 'paused')));
}

/**
 * Makes the connections that share a renewed authorization active and due at once, in the
 * transaction that stores it.
 */
export async function mendBorrowers(tx: Tx, owner: Sharer): Promise<void> {
  for (const borrower of await listBorrowers(tx, owner))
    await inTenant(tx, borrower.tenantId, () =>
      tx
        .update(connections)
        .set({ status: 'active', statusReason: null, dueAt: null, updatedAt: sql`now()` })
        .where(and(whereSharer(borrower), eq(connections.status, 'needs_reconnect'))),
    );
}

/**
 * Refuses other credentials for a connection that uses another's, and for one that others use unless
 * they are of the same account: `accountId` is the one that the provider named, undefined when it
 * named none. Throws Problem `conflict`.
 */
export async function assertReplaceable(
  tx: Tx,
  sharer: Sharer,
  accountId: string | undefined,
): Promise<void> {
  if ((await readReference(tx, sharer)) !== undefined)
    throw new Problem(
      'conflict',
      'This connection uses the sign-in of another one. Stop using it before you give it ' +
        'credentials of its own.',
    );
  const { length: count } = await listBorrowers(tx, sharer);
  if (count === 0 || (await isSameAccount(tx, sharer, accountId))) return;
  throw new Problem(
    'conflict',
    `${countConnections(count)} this sign-in, and the system did not confirm that the new ` +
      'credentials are of the same account, so nothing was changed. Sign in to the same account, ' +
      'or stop sharing first.',
  );
}

async function isSameAccount(
  tx: Tx,
  { tenantId, connectionId }: Sharer,
  accountId: string | undefined,
): Promise<boolean> {
  const [known] = await tx
    .select({ accountId: authorizations.accountId })
    .from(authorizations)
    .where(
      and(eq(authorizations.tenantId, tenantId), eq(authorizations.connectionId, connectionId)),
    );
  return accountId !== undefined && known?.accountId === accountId;
}

const countConnections = (count: number): string =>
  count === 1 ? 'Another connection uses' : `${count} other connections use`;

const whereSharer = ({ tenantId, connectionId }: Sharer) =>
  and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
