import { sql } from 'drizzle-orm';
import { readTenant, withTenant } from '../identity/tenancy/with-tenant.ts';
import { Problem } from '../platform/errors.ts';
import { isId } from '../platform/id.ts';
import { findAuth } from '../connectors/choose-auth.ts';
import { providers } from '../connectors/registry.ts';
import type { ProviderDefinition } from '../connectors/contract/provider.ts';
import type { Tx } from '../platform/db/pool.ts';
import { recordAudit } from '../identity/audit/record.ts';
import { setFeature } from '../identity/features.ts';
import { checkCredentials } from './check.ts';
import {
  createConnection,
  openConnection,
  selectConnections,
  storeSecret,
  toAuditTarget,
  unknownConnectionProblem,
  whereConnection,
  type Connection,
} from './connections.ts';
import { loadHealth, type ConnectionHealth } from './health.ts';
import { loadAuthorizations, type AuthorizationView } from './oauth/authorization-view.ts';
import { deleteAccessToken } from './oauth/store.ts';
import { assertReplaceable, mendBorrowers } from './sharing/health.ts';
import { loadSharing, type SharingView } from './sharing/sharable.ts';
import { connections } from '../schema/connections.ts';
import { requestSubscription } from './request-subscription.ts';
import { checkSecrets, checkSettings } from './validate.ts';
import { loadWebhookViews, type WebhookView } from './webhook-view.ts';

export interface ConnectRequest {
  tenantId: string;
  provider: string;
  label: string;
  settings: Record<string, unknown>;
  secrets: Record<string, string>;
  /** Key of the way to authenticate; absent or null for the provider's first one. */
  auth?: string | null;
  requestedBy?: string;
}

/**
 * Stores a connection once the provider has accepted its credentials; its first sync is due at
 * once. Throws Problem `bad_request`.
 */
export async function connectAccount({ label, ...request }: ConnectRequest): Promise<Connection> {
  const known = providers.find(({ key }) => key === request.provider);
  const provider = known && findAuth(known, request.auth ?? null);
  if (provider === undefined) throw new Problem('bad_request', 'Choose a system from the list.');
  checkSecrets(provider, request.secrets);
  const settings = checkSettings(provider, request.settings);
  const secrets = await checkCredentials(provider, settings, request.secrets);
  const connection = await createConnection({
    ...request,
    secrets,
    label: label.trim() || provider.label,
  });
  await enableProviderFeatures(request.tenantId, provider, request.requestedBy ?? null);
  return connection;
}

/**
 * Replaces all secrets of a connection once the provider has accepted them, and makes it due at
 * once. Throws Problem `not_found` and `bad_request`.
 */
export async function reconnectAccount(
  tenantId: string,
  connectionId: string,
  secrets: Record<string, string>,
): Promise<void> {
  const { provider, settings } = await openOwnConnection(tenantId, connectionId);
  checkSecrets(provider, secrets);
  const checked = await checkCredentials(provider, settings, secrets);
  await withTenant(tenantId, (tx) =>
    replaceSecrets(tx, provider, { tenantId, id: connectionId }, checked),
  );
}

/**
 * Replaces the secrets of a connection, deletes its access token and makes it active and due at
 * once, with all that share its sign-in, inside the caller's transaction. `accountId` is the account
 * that the provider named. Throws Problem `not_found`, and `conflict` for a shared sign-in that
 * would change its account.
 */
export async function replaceSecrets(
  tx: Tx,
  provider: ProviderDefinition,
  connection: Pick<Connection, 'tenantId' | 'id'>,
  secrets: Record<string, string>,
  accountId?: string,
): Promise<{ id: string }> {
  const { tenantId, id } = connection;
  const [found] = await tx
    .update(connections)
    .set({ status: 'active', statusReason: null, dueAt: null, updatedAt: sql`now()` })
    .where(whereConnection(tenantId, id))
    .returning({ id: connections.id, label: connections.label });
  if (found === undefined) throw unknownConnectionProblem();
  await assertReplaceable(tx, { tenantId, connectionId: id }, accountId);
  await recordAudit(tx, {
    tenantId,
    action: 'connection.credentials_replaced',
    target: toAuditTarget(found),
    after: { replaced: Object.keys(secrets) },
  });
  for (const [name, secret] of Object.entries(secrets))
    await storeSecret(tx, connection, name, secret);
  await requestSubscription(tx, { tenantId, id, provider: provider.key }, 'reconnected');
  if (provider.auth.kind === 'oauth2') await deleteAccessToken(tx, { tenantId, connectionId: id });
  await mendBorrowers(tx, { tenantId, connectionId: id });
  return found;
}

/** Enables the features that connecting this provider brings to a workspace. */
export async function enableProviderFeatures(
  tenantId: string,
  { enablesFeatures = [] }: ProviderDefinition,
  by: string | null,
): Promise<void> {
  for (const feature of enablesFeatures) await setFeature(tenantId, feature, true, by);
}

/** Stops or resumes the scheduled syncs of a connection; its data stays as it is. */
export async function pauseConnection(
  tenantId: string,
  connectionId: string,
  paused: boolean,
): Promise<void> {
  if (!isId(connectionId)) throw unknownConnectionProblem();
  const own = whereConnection(tenantId, connectionId);
  const status = paused ? 'paused' : 'active';
  await withTenant(tenantId, async (tx) => {
    const [before] = await tx.select().from(connections).where(own).for('update');
    if (before === undefined) throw unknownConnectionProblem();
    await tx
      .update(connections)
      .set({ status, statusReason: null, updatedAt: sql`now()` })
      .where(own);
    await recordAudit(tx, {
      tenantId,
      action: paused ? 'connection.paused' : 'connection.resumed',
      target: toAuditTarget(before),
      before: { status: before.status },
      after: { status },
    });
    await requestSubscription(tx, before, status);
  });
}

export interface ConnectionView {
  id: string;
  label: string;
  provider: string;
  /** Key of the way to authenticate; null for the provider's first one. */
  auth: string | null;
  status: Connection['status'];
  statusReason: string | null;
  baseUrl: string;
  health: ConnectionHealth;
  /** What a person gave by signing in at the provider; null when nobody did. */
  authorization: AuthorizationView | null;
  sharing: SharingView;
  webhook: WebhookView;
}

/**
 * The connections of a tenant for the settings page: no secrets, and no setting but the base URL.
 */
export function listConnectionViews(tenantId: string): Promise<ConnectionView[]> {
  return readTenant(tenantId, async (tx) => {
    const rows = await selectConnections(tx, tenantId);
    const health = await loadHealth(tx, tenantId, rows, new Date());
    const signedIn = await loadAuthorizations(tx, tenantId);
    const sharing = await loadSharing(tx, tenantId);
    const toWebhook = await loadWebhookViews(tx, tenantId);
    return rows.map((row) => ({
      ...toView(row, health.get(row.id) ?? { circuit: null, pausedUntil: null, waiting: null }),
      authorization: signedIn.get(row.id) ?? null,
      sharing: sharing.get(row.id) ?? { uses: undefined, usedBy: 0 },
      webhook: toWebhook(row),
    }));
  });
}

function toView(
  { id, label, provider, auth, status, statusReason, settings }: Connection,
  health: ConnectionHealth,
): Omit<ConnectionView, 'authorization' | 'sharing' | 'webhook'> {
  const definition = providers.find(({ key }) => key === provider);
  const parsed = definition?.settings.safeParse(settings).data as { baseUrl?: string } | undefined;
  return {
    id,
    label,
    provider,
    auth,
    status,
    statusReason,
    baseUrl: parsed?.baseUrl ?? '',
    health,
  };
}

async function openOwnConnection(tenantId: string, connectionId: string) {
  if (!isId(connectionId)) throw unknownConnectionProblem();
  return openConnection(tenantId, connectionId);
}
