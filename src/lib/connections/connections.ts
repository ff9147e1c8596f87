import { isDeepStrictEqual } from 'node:util';
import { and, asc, eq, sql } from 'drizzle-orm';
import type { Tx } from '../platform/db/pool.ts';
import { Problem } from '../platform/errors.ts';
import { newId } from '../platform/id.ts';
import { chooseAuth, findAuth } from '../connectors/choose-auth.ts';
import { getProvider } from '../connectors/registry.ts';
import type { ProviderDefinition } from '../connectors/contract/provider.ts';
import { changedFields, recordAudit, type AuditEntry } from '../identity/audit/record.ts';
import { withTenant } from '../identity/tenancy/with-tenant.ts';
import { connections, credentials } from '../schema/connections.ts';
import { getAppSecrets } from './oauth/app.ts';
import { requestSubscription } from './request-subscription.ts';
import { openSecret, sealSecret } from './seal.ts';
import { readOwner } from './sharing/rows.ts';
import { checkSecrets, checkSettings } from './validate.ts';

export type Connection = typeof connections.$inferSelect;

export interface NewConnection {
  tenantId: string;
  provider: string;
  label?: string | undefined;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
  /** Key of the way to authenticate; absent or null for the provider's first one. */
  auth?: string | null | undefined;
}

/** A connection ready for use: settings parsed, secrets decrypted. Never log or store it. */
export interface OpenConnection {
  connection: Connection;
  provider: ProviderDefinition;
  settings: unknown;
  secrets: Record<string, string>;
}

/**
 * Stores a connection and its encrypted secrets; it is due for its first sync at once. Throws
 * Problem `bad_request` for settings or secrets that are not valid.
 */
export async function createConnection(input: NewConnection): Promise<Connection> {
  const provider = findAuth(getProvider(input.provider), input.auth ?? null);
  if (provider === undefined)
    throw new Problem('bad_request', `There is no way "${input.auth}" to connect this system.`);
  checkSettings(provider, input.settings);
  checkSecrets(provider, input.secrets);
  return withTenant(input.tenantId, (tx) =>
    insertConnection(tx, { ...input, label: input.label ?? provider.label }),
  );
}

/** As `createConnection`, inside the transaction of a caller who has checked both already. */
export async function insertConnection(
  tx: Tx,
  { tenantId, provider, label, settings, secrets, auth = null }: NewConnection & { label: string },
): Promise<Connection> {
  const [connection] = await tx
    .insert(connections)
    .values({ tenantId, id: newId(), provider, label, settings, auth })
    .returning();
  if (connection === undefined) throw new Error('The connection was not stored');
  for (const [name, secret] of Object.entries(secrets))
    await storeSecret(tx, connection, name, secret);
  await recordAudit(tx, {
    tenantId,
    action: 'connection.created',
    target: toAuditTarget(connection),
    after: { provider, settings },
  });
  await requestSubscription(tx, connection, 'made');
  return connection;
}

/** A connection as the audit log names it. */
export const toAuditTarget = ({ id, label }: Pick<Connection, 'id' | 'label'>) => ({
  type: 'connection',
  id,
  label,
});

/** As `toAuditTarget`, of a connection by its id. */
export async function readAuditTarget(tx: Tx, tenantId: string, connectionId: string) {
  const [found] = await tx
    .select({ id: connections.id, label: connections.label })
    .from(connections)
    .where(whereConnection(tenantId, connectionId));
  return found === undefined ? { type: 'connection', id: connectionId } : toAuditTarget(found);
}

/** Records an event about a connection, outside the transactions of what it is about. */
export function noteConnectionChange(
  tenantId: string,
  connectionId: string,
  entry: Pick<AuditEntry, 'action' | 'after'>,
): Promise<void> {
  return withTenant(tenantId, async (tx) =>
    recordAudit(tx, {
      tenantId,
      target: await readAuditTarget(tx, tenantId, connectionId),
      ...entry,
    }),
  );
}

/** Encrypts a secret of a connection and replaces the one stored under the same name. */
export async function storeSecret(
  tx: Tx,
  connection: Pick<Connection, 'tenantId' | 'id'>,
  name: string,
  secret: string,
): Promise<void> {
  const { sealed, keyId } = sealSecret(
    { tenantId: connection.tenantId, connectionId: connection.id, name },
    secret,
  );
  await tx
    .insert(credentials)
    .values({ tenantId: connection.tenantId, connectionId: connection.id, name, sealed, keyId })
    .onConflictDoUpdate({
      target: [credentials.tenantId, credentials.connectionId, credentials.name],
      set: {
        sealed,
        keyId,
        version: sql`${credentials.version} + 1`,
        updatedAt: sql`now()`,
        expiresAt: null,
        leaseOwner: null,
        leaseUntil: null,
      },
    });
}

/**
 * Loads a connection and decrypts its secrets, which this process removes from everything it logs
 * from then on. Of a shared sign-in it gives the secrets of the app, and no token. Throws Problem `not_found`, and DecryptionError.
 */
export async function openConnection(
  tenantId: string,
  connectionId: string,
): Promise<OpenConnection> {
  const { connection, sealed: own } = await withTenant(tenantId, (tx) =>
    selectWithCredentials(tx, tenantId, connectionId),
  );
  if (connection === undefined) throw unknownConnectionProblem();
  const provider = chooseAuth(getProvider(connection.provider), connection.auth);
  const sealed =
    own.length === 0 && provider.auth.kind === 'oauth2'
      ? await readSharedSecrets({ tenantId, connectionId })
      : own;
  // Only what a person entered: the HTTP client adds the access token, adapters never see it.
  const entered = sealed.filter(({ name }) =>
    provider.auth.secrets.some((field) => field.name === name),
  );
  return {
    connection,
    provider,
    settings: checkSettings(provider, connection.settings as Record<string, unknown>),
    secrets: {
      ...getAppSecrets(provider),
      ...Object.fromEntries(entered.map((row) => [row.name, openSecret(row, row.sealed)])),
    },
  };
}

async function selectWithCredentials(tx: Tx, tenantId: string, connectionId: string) {
  const [connection] = await tx
    .select()
    .from(connections)
    .where(whereConnection(tenantId, connectionId));
  return { connection, sealed: await selectCredentials(tx, { tenantId, connectionId }) };
}

async function readSharedSecrets(borrower: { tenantId: string; connectionId: string }) {
  const sealed = (await readOwner(borrower, selectCredentials)) ?? [];
  return sealed.filter(({ name }) => name !== 'refreshToken');
}

const selectCredentials = (
  tx: Tx,
  { tenantId, connectionId }: { tenantId: string; connectionId: string },
) =>
  tx
    .select()
    .from(credentials)
    .where(and(eq(credentials.tenantId, tenantId), eq(credentials.connectionId, connectionId)));

/** The connections of a tenant, oldest first. */
export function listConnections(tenantId: string): Promise<Connection[]> {
  return withTenant(tenantId, (tx) => selectConnections(tx, tenantId));
}

/** As `listConnections`, inside the caller's transaction. */
export function selectConnections(tx: Tx, tenantId: string): Promise<Connection[]> {
  return tx
    .select()
    .from(connections)
    .where(eq(connections.tenantId, tenantId))
    .orderBy(asc(connections.createdAt), asc(connections.id));
}

/**
 * Replaces the settings of a connection after the same checks as when it was created. Throws
 * Problem `not_found` and `bad_request`.
 */
export async function updateSettings(
  tenantId: string,
  connectionId: string,
  settings: Record<string, unknown>,
): Promise<void> {
  const own = whereConnection(tenantId, connectionId);
  await withTenant(tenantId, async (tx) => {
    const [connection] = await tx.select().from(connections).where(own).for('update');
    if (connection === undefined) throw unknownConnectionProblem();
    checkSettings(getProvider(connection.provider), settings);
    if (isDeepStrictEqual(connection.settings, settings)) return;
    await tx
      .update(connections)
      .set({ settings, updatedAt: sql`now()` })
      .where(own);
    await recordAudit(tx, {
      tenantId,
      action: 'connection.settings_changed',
      target: toAuditTarget(connection),
      ...changedFields(connection.settings as Record<string, unknown>, settings),
    });
  });
}

/**
 * Stores whether the provider accepts the credentials: with a refusal (a sentence for people) the
 * connection needs to be reconnected, with null it is active again.
 */
export async function setConnectionHealth(
  tx: Tx,
  tenantId: string,
  connectionId: string,
  refusal: string | null,
): Promise<void> {
  const health =
    refusal === null
      ? { status: 'active' as const, statusReason: null }
      : { status: 'needs_reconnect' as const, statusReason: refusal };
  const differs = refusal === null ? eq(connections.status, 'needs_reconnect') : sql`true`;
  await tx
    .update(connections)
    .set({ ...health, updatedAt: sql`now()` })
    .where(and(whereConnection(tenantId, connectionId), differs));
}

/** The condition for the row of one connection. */
export const whereConnection = (tenantId: string, connectionId: string) =>
  and(eq(connections.tenantId, tenantId), eq(connections.id, connectionId));

/** For an id that names no connection of the workspace. */
export const unknownConnectionProblem = () =>
  new Problem('not_found', 'There is no such connection in this workspace.');
