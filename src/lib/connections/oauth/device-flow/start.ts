import { and, eq, gt, sql } from 'drizzle-orm';
import { Problem } from '../../../platform/errors.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import { isId, newId } from '../../../platform/id.ts';
import { providers } from '../../../connectors/registry.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import { enqueue } from '../../../jobs/queue.ts';
import { withTenant } from '../../../identity/tenancy/with-tenant.ts';
import { openConnection } from '../../connections.ts';
import { deviceAuthorizations } from '../../../schema/connections.ts';
import { checkSettings } from '../../validate.ts';
import {
  getDeviceProvider,
  requestDeviceCode,
  type DeviceCode,
  type DeviceProvider,
} from './endpoint.ts';
import { sealDeviceFlowSecrets } from './sealed.ts';

/** An account that somebody wants to connect by signing in with a code. */
export interface DeviceAuthorizationRequest {
  tenantId: string;
  provider: string;
  label: string;
  settings: Record<string, unknown>;
  /** All but the refresh token, which the consent gives. */
  secrets: Record<string, string>;
  requestedBy: string;
}

/** So many codes of a workspace may wait for somebody at once. */
const maxPending = 5;

/**
 * Asks the provider for a code and has the worker look whether somebody has entered it. Answers the
 * consent's id. Throws Problem.
 */
export async function startDeviceAuthorization(
  request: DeviceAuthorizationRequest,
): Promise<string> {
  const provider = providers.find(({ key }) => key === request.provider);
  if (provider === undefined) throw new Problem('bad_request', 'Choose a system from the list.');
  checkSettings(provider, request.settings);
  return requestAuthorization(provider, {
    ...request,
    connectionId: null,
    label: request.label.trim() || provider.label,
  });
}

/**
 * As `startDeviceAuthorization`, for a connection that is there already. Secrets that are left blank stay as
 * they are.
 */
export async function restartDeviceAuthorization(
  tenantId: string,
  connectionId: string,
  secrets: Record<string, string>,
  requestedBy: string,
): Promise<string> {
  if (!isId(connectionId))
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  const { provider, connection, secrets: stored } = await openConnection(tenantId, connectionId);
  const given = Object.fromEntries(
    Object.entries(secrets).filter(([, value]) => value.trim() !== ''),
  );
  const settings = connection.settings as Record<string, unknown>;
  return requestAuthorization(provider, {
    tenantId,
    connectionId,
    provider: provider.key,
    label: connection.label,
    settings,
    secrets: { ...stored, ...given },
    requestedBy,
  });
}

async function requestAuthorization(
  provider: ProviderDefinition,
  request: DeviceAuthorizationRequest & { connectionId: string | null },
): Promise<string> {
  const device = getDeviceProvider(provider);
  if (device === undefined)
    throw new Problem('bad_request', `${provider.label} knows no signing in with a code.`);
  const names = device.secretNames.filter((name) => name !== 'refreshToken');
  const missing = names.filter((name) => (request.secrets[name] ?? '').trim() === '');
  if (missing.length > 0)
    throw new Problem(
      'bad_request',
      `${provider.label} needs the secret ${missing.join(' and ')}, also when you sign in with a code.`,
    );
  await assertFewPending(request.tenantId);
  const secrets = Object.fromEntries(names.map((name) => [name, request.secrets[name] ?? '']));
  return storeAuthorization(
    request,
    secrets,
    await fetchDeviceCode(device, checkSettings(provider, request.settings), secrets),
  );
}

async function fetchDeviceCode(
  device: DeviceProvider,
  settings: unknown,
  secrets: Record<string, string>,
): Promise<DeviceCode> {
  try {
    return await requestDeviceCode(device, settings, secrets);
  } catch (error) {
    if (error instanceof RemoteError)
      throw new Problem('bad_request', `There is no code to sign in with. ${error.message}`);
    throw error;
  }
}

async function storeAuthorization(
  request: DeviceAuthorizationRequest & { connectionId: string | null },
  secrets: Record<string, string>,
  code: DeviceCode,
): Promise<string> {
  const { tenantId, provider, label, settings, connectionId, requestedBy } = request;
  const id = newId();
  const {
    deviceCode,
    userCode,
    verificationUrl,
    interval: intervalSeconds,
    lifetimeSeconds,
  } = code;
  const values = {
    tenantId,
    id,
    provider,
    label,
    settings,
    connectionId,
    requestedBy,
    userCode,
    verificationUrl,
    intervalSeconds,
  };
  await withTenant(tenantId, async (tx) => {
    await tx.insert(deviceAuthorizations).values({
      ...values,
      ...sealDeviceFlowSecrets({ tenantId, id }, { deviceCode, secrets }),
      expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})`,
    });
    await enqueue(
      'poll-consent',
      { tenantId, consentId: id },
      { key: id, startAfter: new Date(Date.now() + intervalSeconds * 1000), tx },
    );
  });
  return id;
}

async function assertFewPending(tenantId: string): Promise<void> {
  const waiting = and(
    eq(deviceAuthorizations.tenantId, tenantId),
    eq(deviceAuthorizations.state, 'waiting'),
    gt(deviceAuthorizations.expiresAt, sql`now()`),
  );
  const rows = await withTenant(tenantId, (tx) =>
    tx
      .select({ id: deviceAuthorizations.id })
      .from(deviceAuthorizations)
      .where(waiting)
      .limit(maxPending),
  );
  if (rows.length === maxPending)
    throw new Problem(
      'conflict',
      'Several codes wait for somebody to sign in already. Use one of them, or wait until they have expired.',
    );
}
