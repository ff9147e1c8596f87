import { randomBytes } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { DecryptionError } from '../platform/crypto.ts';
import type { Tx } from '../platform/db/pool.ts';
import { credentials } from '../schema/connections.ts';
import { storeSecret, type Connection } from './connections.ts';
import { openSecret } from './seal.ts';

/** Names the token among the secrets of a connection; no provider has a secret of this name. */
const tokenName = 'webhookToken';

/** Makes a token of 256 random bits for the webhooks of a connection, in place of the last one. */
export async function createWebhookToken(
  tx: Tx,
  connection: Pick<Connection, 'tenantId' | 'id'>,
): Promise<void> {
  await storeSecret(tx, connection, tokenName, randomBytes(32).toString('base64url'));
}

/** The token of a connection; undefined when it has none that can be decrypted. */
export async function readWebhookToken(
  tenantId: string,
  connectionId: string,
): Promise<string | undefined> {
  return (await readTenant(tenantId, (tx) => loadWebhookTokens(tx, tenantId))).get(connectionId);
}

/** The tokens of a tenant's connections, by connection, without those that cannot be decrypted. */
export async function loadWebhookTokens(tx: Tx, tenantId: string): Promise<Map<string, string>> {
  const rows = await tx
    .select()
    .from(credentials)
    .where(and(eq(credentials.tenantId, tenantId), eq(credentials.name, tokenName)));
  return new Map(
    rows.flatMap((row) => {
      const token = tryOpen(row);
      return token === undefined ? [] : [[row.connectionId, token]];
    }),
  );
}

function tryOpen(row: typeof credentials.$inferSelect): string | undefined {
  try {
    return openSecret(row, row.sealed);
  } catch (error) {
    if (error instanceof DecryptionError) return undefined;
    throw error;
  }
}
