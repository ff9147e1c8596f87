import { and, eq, sql } from 'drizzle-orm';
import { DecryptionError } from '../../../platform/crypto.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import { log } from '../../../platform/log.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import { getProvider } from '../../../connectors/registry.ts';
import { actOnBehalfOf } from '../../../identity/audit/behalf.ts';
import { withTenant } from '../../../identity/tenancy/with-tenant.ts';
import { checkToken } from '../../check.ts';
import { insertConnection } from '../../connections.ts';
import { replaceSecrets, enableProviderFeatures } from '../../manage.ts';
import { deviceAuthorizations } from '../../../schema/connections.ts';
import { checkSettings } from '../../validate.ts';
import { getDeviceProvider, pollToken, type PollResult } from './endpoint.ts';
import { openDeviceFlowSecrets, type DeviceFlowSecrets } from './sealed.ts';

type DeviceAuthorization = typeof deviceAuthorizations.$inferSelect;

/** Added to the interval each time the provider asks us to slow down (RFC 8628, 3.5). */
const slowDownSeconds = 5;

const expiredMessage = 'The code expired before anyone signed in. Start again.';

/** After a poll without a response, the next one waits this many intervals. */
const unansweredFactor = 2;

/**
 * Polls the provider once for a sign-in and connects the account if the person has agreed. Returns
 * when to poll next; null when the sign-in has ended.
 */
export async function pollDeviceAuthorization(
  tenantId: string,
  authorizationId: string,
): Promise<Date | null> {
  const authorization = await readPending(tenantId, authorizationId);
  if (authorization === undefined) return null;
  if (authorization.isOver) return endAuthorization(authorization, 'expired', expiredMessage);
  const keptSecrets = tryOpenSecrets(authorization);
  const provider = getProvider(authorization.provider);
  const device = getDeviceProvider(provider);
  if (keptSecrets === undefined || device === undefined)
    return endAuthorization(
      authorization,
      'refused',
      'The secrets that were entered can no longer be decrypted. Start again.',
    );
  const settings = checkSettings(provider, authorization.settings as Record<string, unknown>);
  try {
    return await handlePollResult(
      authorization,
      keptSecrets,
      await pollToken(device, settings, keptSecrets.secrets, keptSecrets.deviceCode),
    );
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    log.warn(
      { event: 'consent.unanswered', tenantId, provider: authorization.provider, kind: error.kind },
      'The provider did not say whether a person has signed in',
    );
    return inSeconds(authorization.intervalSeconds * unansweredFactor);
  }
}

async function handlePollResult(
  authorization: DeviceAuthorization,
  keptSecrets: DeviceFlowSecrets,
  result: PollResult,
): Promise<Date | null> {
  switch (result.kind) {
    case 'pending':
      return inSeconds(authorization.intervalSeconds);
    case 'slower':
      return slowDown(authorization);
    case 'refused':
      return endAuthorization(
        authorization,
        'refused',
        'The person who signed in declined to give access.',
      );
    case 'expired':
      return endAuthorization(authorization, 'expired', expiredMessage);
    case 'dead':
      return endAuthorization(
        authorization,
        'refused',
        `The provider no longer accepts the code (${result.code}). Start again.`,
      );
    case 'token':
      return connect(
        authorization,
        { ...keptSecrets.secrets, refreshToken: result.refreshToken },
        result.accessToken,
      );
  }
}

async function connect(
  authorization: DeviceAuthorization,
  secrets: Record<string, string>,
  accessToken: string,
): Promise<null> {
  const { tenantId, requestedBy } = authorization;
  const provider = getProvider(authorization.provider);
  const settings = checkSettings(provider, authorization.settings as Record<string, unknown>);
  const refusal = await checkToken(provider, settings, secrets, accessToken);
  if (refusal !== null) return endAuthorization(authorization, 'refused', refusal);
  await actOnBehalfOf(tenantId, requestedBy, async () => {
    await storeConnection(authorization, provider, secrets);
    await enableProviderFeatures(tenantId, provider, requestedBy);
  });
  log.info(
    { event: 'consent.connected', tenantId, provider: provider.key },
    'An account was connected with a code',
  );
  return null;
}

/**
 * Stores the connection with all its secrets and ends the sign-in, in one transaction. Does nothing
 * if the sign-in has ended meanwhile.
 */
async function storeConnection(
  authorization: DeviceAuthorization,
  provider: ProviderDefinition,
  secrets: Record<string, string>,
): Promise<void> {
  const { tenantId, id, connectionId, label } = authorization;
  const settings = authorization.settings as Record<string, unknown>;
  await withTenant(tenantId, async (tx) => {
    const [locked] = await tx
      .select({ state: deviceAuthorizations.state })
      .from(deviceAuthorizations)
      .where(whereOwn(tenantId, id))
      .for('update');
    if (locked?.state !== 'waiting') return;
    const connection =
      connectionId === null
        ? await insertConnection(tx, { tenantId, provider: provider.key, label, settings, secrets })
        : await replaceSecrets(tx, provider, { tenantId, id: connectionId }, secrets);
    await tx
      .update(deviceAuthorizations)
      .set({ state: 'connected', sealed: null, connectionId: connection.id })
      .where(whereOwn(tenantId, id));
  });
}

/** Ends a sign-in and deletes its device code and all secrets that were entered. */
async function endAuthorization(
  { tenantId, id }: DeviceAuthorization,
  state: 'refused' | 'expired',
  message: string,
): Promise<null> {
  await withTenant(tenantId, (tx) =>
    tx
      .update(deviceAuthorizations)
      .set({ state, message, sealed: null })
      .where(and(whereOwn(tenantId, id), eq(deviceAuthorizations.state, 'waiting'))),
  );
  log.info(
    { event: 'consent.ended', tenantId, kind: state },
    'A sign-in with a code ended without a connection',
  );
  return null;
}

async function slowDown({ tenantId, id, intervalSeconds }: DeviceAuthorization): Promise<Date> {
  const longer = intervalSeconds + slowDownSeconds;
  await withTenant(tenantId, (tx) =>
    tx.update(deviceAuthorizations).set({ intervalSeconds: longer }).where(whereOwn(tenantId, id)),
  );
  return inSeconds(longer);
}

function readPending(
  tenantId: string,
  id: string,
): Promise<(DeviceAuthorization & { isOver: boolean }) | undefined> {
  return withTenant(tenantId, async (tx) => {
    const [row] = await tx
      .select({
        consent: deviceAuthorizations,
        isOver: sql<boolean>`${deviceAuthorizations.expiresAt} <= now()`,
      })
      .from(deviceAuthorizations)
      .where(and(whereOwn(tenantId, id), eq(deviceAuthorizations.state, 'waiting')));
    return row && { ...row.consent, isOver: row.isOver };
  });
}

function tryOpenSecrets({
  tenantId,
  id,
  sealed,
}: DeviceAuthorization): DeviceFlowSecrets | undefined {
  try {
    return sealed === null ? undefined : openDeviceFlowSecrets({ tenantId, id }, sealed);
  } catch (error) {
    if (error instanceof DecryptionError) return undefined;
    throw error;
  }
}

const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);
const whereOwn = (tenantId: string, id: string) =>
  and(eq(deviceAuthorizations.tenantId, tenantId), eq(deviceAuthorizations.id, id));
