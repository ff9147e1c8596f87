import { eq } from 'drizzle-orm';
import { chooseAuth } from '../../connectors/choose-auth.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';
import { getProvider } from '../../connectors/registry.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { inTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isId } from '../../platform/id.ts';
import {
  authorizations,
  borrowedAuthorizations,
  connections,
  lentAuthorizations,
} from '../../schema/connections.ts';
import { checkShared } from '../check.ts';
import {
  insertConnection,
  openConnection,
  toAuditTarget,
  unknownConnectionProblem,
  whereConnection,
  type Connection,
} from '../connections.ts';
import { enableProviderFeatures } from '../manage.ts';
import { getAccessToken } from '../oauth/access-token.ts';
import { getOAuthProvider } from '../oauth/token-endpoint.ts';
import { checkSettings } from '../validate.ts';
import type { Sharer } from './rows.ts';
import { selectSharable } from './sharable.ts';

export interface ShareRequest {
  tenantId: string;
  /** Whose sign-in is used; the caller has made sure that the person may (lender.ts). */
  owner: Sharer;
  /** Blank for the owner's. */
  label: string;
  /** What differs from the owner's settings. */
  settings: Record<string, unknown>;
  requestedBy: string;
}

/**
 * Adds a connection that uses the authorization of another one, of the same provider and way to
 * sign in, once the provider has accepted a token of it under the new settings. Its first sync is
 * due at once. Throws Problem `not_found` for a connection whose sign-in cannot be shared, and
 * `bad_request` when the provider refuses.
 */
export async function shareAuthorization(request: ShareRequest): Promise<Connection> {
  const { tenantId, owner, requestedBy } = request;
  if (!isId(owner.connectionId)) throw unknownConnectionProblem();
  const { connection } = await withTenant(owner.tenantId, (tx) => requireSharable(tx, owner));
  const provider = chooseAuth(getProvider(connection.provider), connection.auth);
  const stored = connection.settings as Record<string, unknown>;
  const settings = { ...stored, ...request.settings };
  await checkAccess(owner, provider, checkSettings(provider, settings));
  const added = await withTenant(owner.tenantId, (tx) =>
    store(tx, { ...request, settings, label: request.label.trim() || connection.label }),
  );
  await enableProviderFeatures(tenantId, provider, requestedBy);
  return added;
}

async function requireSharable(tx: Tx, { tenantId, connectionId }: Sharer) {
  const [found] = await selectSharable(tx, tenantId, eq(connections.id, connectionId));
  if (found !== undefined) return found;
  throw new Problem(
    'not_found',
    'There is no connection whose sign-in can be used. It has to be one that somebody signed in ' +
      'to, that works, and whose account the system names.',
  );
}

/** The token of the owner's account opens that account only, so it also shows that it is the same. */
async function checkAccess(
  owner: Sharer,
  provider: ProviderDefinition,
  settings: unknown,
): Promise<void> {
  const open = await openConnection(owner.tenantId, owner.connectionId);
  const oauth = getOAuthProvider(provider);
  if (oauth === undefined) throw new Error(`${provider.label} does not use OAuth`);
  const { token } = await getAccessToken({
    ...owner,
    provider: oauth,
    settings: open.settings,
  }).catch(toProblem);
  await checkShared(provider, settings, open.secrets, token);
}

function toProblem(error: unknown): never {
  if (!(error instanceof RemoteError)) throw error;
  throw new Problem('bad_request', `Nothing was saved. ${error.message}`);
}

/** In a transaction of the owner's workspace. */
async function store(
  tx: Tx,
  { tenantId, owner, label, settings }: Omit<ShareRequest, 'requestedBy'>,
): Promise<Connection> {
  // Whoever takes the sign-in back or replaces it waits for this row, or has been here before.
  await tx
    .select({ id: connections.id })
    .from(connections)
    .where(whereConnection(owner.tenantId, owner.connectionId))
    .for('update');
  const { connection, accountId } = await requireSharable(tx, owner);
  const { provider, auth } = connection;
  const added = await inTenant(tx, tenantId, async () => {
    const row = await insertConnection(tx, {
      tenantId,
      provider,
      auth,
      label,
      settings,
      secrets: {},
    });
    await tx.insert(borrowedAuthorizations).values({
      tenantId,
      connectionId: row.id,
      ownerTenantId: owner.tenantId,
      ownerConnectionId: owner.connectionId,
    });
    await tx
      .insert(authorizations)
      .values({ tenantId, connectionId: row.id, accountId, scopesAsked: [] });
    await noteStart(tx, row, 'used');
    return row;
  });
  await tx.insert(lentAuthorizations).values({
    ...owner,
    borrowerTenantId: tenantId,
    borrowerConnectionId: added.id,
  });
  await noteStart(tx, connection, 'lent');
  return added;
}

const noteStart = (tx: Tx, connection: Connection, side: 'lent' | 'used') =>
  recordAudit(tx, {
    tenantId: connection.tenantId,
    action: 'connection.sharing_started',
    target: toAuditTarget(connection),
    after: { side },
  });
