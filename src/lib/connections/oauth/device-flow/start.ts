import { and, eq, gt, sql } from 'drizzle-orm';
import { Problem } from '../../../platform/errors.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import { isId, newId } from '../../../platform/id.ts';
import { providers } from '../../../connectors/registry.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import { enqueue } from '../../../jobs/queue.ts';
import { recordAudit } from '../../../identity/audit/record.ts';
import { withTenant } from '../../../identity/tenancy/with-tenant.ts';
import { openConnection, unknownConnectionProblem } from '../../connections.ts';
import { deviceAuthorizations } from '../../../schema/connections.ts';
import { checkSettings } from '../../validate.ts';
import {
  getDeviceProvider,
  requestDeviceCode,
  type DeviceCode,
  type DeviceProvider,
} from './endpoint.ts';
import { sealDeviceFlowSecrets } from './sealed.ts';

/** An account to connect by signing in with a code. */
export interface DeviceAuthorizationRequest {
  tenantId: string;
  provider: string;
  label: string;
  settings: Record<string, unknown>;
  /** All but the refresh token, which the sign-in yields. */
  secrets: Record<string, string>;
  requestedBy: string;
}

/** Codes of one workspace that may wait for a person at once; the worker polls each of them. */
const maxPending = 5;

/**
 * Requests a code from the provider and queues the job that polls until a person has entered it.
 * Returns the id of the sign-in. Throws Problem `bad_request` and `conflict`.
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
 * As `startDeviceAuthorization`, for an existing connection; secrets that are left blank stay as
 * they are. Throws Problem `not_found` as well.
 */
export async function restartDeviceAuthorization(
  tenantId: string,
  connectionId: string,
  secrets: Record<string, string>,
  requestedBy: string,
): Promise<string> {
  if (!isId(connectionId)) throw unknownConnectionProblem();
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
    throw new Problem('bad_request', `${provider.label} does not support signing in with a code.`);
  const secrets = selectSecrets(device, request.secrets);
  await assertFewPending(request.tenantId);
  return storeAuthorization(
    request,
    secrets,
    await fetchDeviceCode(device, checkSettings(provider, request.settings), secrets),
  );
}

/**
 * The secrets that the provider needs besides the refresh token. Throws Problem if one is blank.
 */
function selectSecrets(
  { label, secretNames }: DeviceProvider,
  secrets: Record<string, string>,
): Record<string, string> {
  const names = secretNames.filter((name) => name !== 'refreshToken');
  const missing = names.filter((name) => (secrets[name] ?? '').trim() === '');
  if (missing.length > 0)
    throw new Problem(
      'bad_request',
      `${label} needs the secret ${missing.join(' and ')} even when you sign in with a code.`,
    );
  return Object.fromEntries(names.map((name) => [name, secrets[name] ?? '']));
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
      throw new Problem('bad_request', `No sign-in code could be obtained. ${error.message}`);
    throw error;
  }
}

async function storeAuthorization(
  request: DeviceAuthorizationRequest & { connectionId: string | null },
  secrets: Record<string, string>,
  code: DeviceCode,
): Promise<string> {
  const { tenantId, provider, label, settings, connectionId, requestedBy } = request;
  const { deviceCode, userCode, verificationUrl, interval, lifetimeSeconds } = code;
  const id = newId();
  const account = { provider, label, settings, connectionId, requestedBy };
  const values = { tenantId, id, ...account, userCode, verificationUrl, intervalSeconds: interval };
  await withTenant(tenantId, async (tx) => {
    await tx.insert(deviceAuthorizations).values({
      ...values,
      ...sealDeviceFlowSecrets({ tenantId, id }, { deviceCode, secrets }),
      expiresAt: sql`now() + make_interval(secs => ${lifetimeSeconds})`,
    });
    await recordAudit(tx, {
      tenantId,
      action: 'connection.sign_in_started',
      target: { type: 'connection', id: connectionId, label },
      after: { provider },
    });
    await enqueue(
      'poll-consent',
      { tenantId, consentId: id },
      { key: id, startAfter: new Date(Date.now() + interval * 1000), tx },
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
      'Several sign-in codes are waiting to be used already. Use one of them, or wait until they ' +
        'expire.',
    );
}
