import { isDeepStrictEqual } from 'node:util';
import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { inTenant } from '../../identity/tenancy/with-tenant.ts';
import { changedFields, recordAudit } from '../../identity/audit/record.ts';
import type { TokenAccount } from '../../connectors/contract/auth.ts';
import { connections } from '../../schema/connections.ts';
import { listBorrowers, type Sharer } from '../sharing/rows.ts';
import { isOwnAddress } from '../validate.ts';

/**
 * Moves a connection to where a renewed token says that its account lives. An address outside the
 * provider's hosts changes nothing: the token was only ever sent to them.
 */
export async function followAccount(
  tx: Tx,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
  { hosts }: { hosts: readonly string[] },
  { baseUrl }: TokenAccount,
): Promise<void> {
  if (baseUrl === undefined || !URL.canParse(baseUrl)) return;
  if (!isOwnAddress(new URL(baseUrl), hosts)) return;
  const before = await move(tx, { tenantId, connectionId }, baseUrl);
  if (before === undefined) return;
  // Those that share the sign-in went to the same address, unless they were given another one.
  for (const borrower of await listBorrowers(tx, { tenantId, connectionId }))
    await inTenant(tx, borrower.tenantId, () => move(tx, borrower, baseUrl, before));
}

/**
 * Moves one connection, only away from `from` if that is given. Returns the address that it had
 * before; undefined when it stays.
 */
async function move(
  tx: Tx,
  { tenantId, connectionId }: Sharer,
  baseUrl: string,
  from?: unknown,
): Promise<unknown> {
  const own = and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
  const [found] = await tx.select().from(connections).where(own).for('update');
  if (found === undefined) return undefined;
  const before = found.settings as Record<string, unknown>;
  const after = { ...before, baseUrl };
  if (isDeepStrictEqual(before, after)) return undefined;
  if (from !== undefined && before['baseUrl'] !== from) return undefined;
  await tx
    .update(connections)
    .set({ settings: after, updatedAt: sql`now()` })
    .where(own);
  await recordAudit(tx, {
    tenantId,
    action: 'connection.settings_changed',
    target: { type: 'connection', id: found.id, label: found.label },
    ...changedFields(before, after),
  });
  return before['baseUrl'] ?? null;
}
