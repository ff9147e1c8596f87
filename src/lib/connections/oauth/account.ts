import { isDeepStrictEqual } from 'node:util';
import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../../platform/db/pool.ts';
import { changedFields, recordAudit } from '../../identity/audit/record.ts';
import type { TokenAccount } from '../../connectors/contract/auth.ts';
import { connections } from '../../schema/connections.ts';
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
  const own = and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));
  const [found] = await tx.select().from(connections).where(own).for('update');
  if (found === undefined) return;
  const before = found.settings as Record<string, unknown>;
  const after = { ...before, baseUrl };
  if (isDeepStrictEqual(before, after)) return;
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
}
