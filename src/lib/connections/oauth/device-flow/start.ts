import { and, eq, gt, sql } from 'drizzle-orm';
import { Problem } from '../../../platform/errors.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import { isId, newId } from '../../../platform/id.ts';
import { providers } from '../../../connectors/registry.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import { enqueue } from '../../../jobs/queue.ts';
import { withTenant } from '../../../identity/tenancy/with-tenant.ts';
import { openConnection } from '../../connections.ts';
import { deviceConsents } from '../../../schema/connections.ts';
import { checkSettings } from '../../validate.ts';
import { deviceOf, requestCode, type DeviceCode, type DeviceProvider } from './endpoint.ts';
import { sealConsent } from './sealed.ts';

/** An account that somebody wants to connect by signing in with a code. */
export interface ConsentRequest {
  tenantId: string;
  provider: string;
  label: string;
  settings: Record<string, unknown>;
  /** All but the refresh token, which the consent gives. */
  secrets: Record<string, string>;
  requestedBy: string;
}

/** So many codes of a workspace may wait for somebody at once. */
const mostWaiting = 5;

/**
 * Asks the provider for a code and has the worker look whether somebody has entered it. Answers the
 * consent's id. Throws Problem.
 */
export async function startConsent(request: ConsentRequest): Promise<string> {
  const provider = providers.find(({ key }) => key === request.provider);
  if (provider === undefined) throw new Problem('bad_request', 'Choose a system from the list.');
  checkSettings(provider, request.settings);
  return begin(provider, {
    ...request,
    connectionId: null,
    label: request.label.trim() || provider.label,
  });
}

/**
 * As `startConsent`, for a connection that is there already. Secrets that are left blank stay as
 * they are.
 */
export async function startReconsent(
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
  return begin(provider, {
    tenantId,
    connectionId,
    provider: provider.key,
    label: connection.label,
    settings,
    secrets: { ...stored, ...given },
    requestedBy,
  });
}

async function begin(
  provider: ProviderDefinition,
  request: ConsentRequest & { connectionId: string | null },
): Promise<string> {
  const device = deviceOf(provider);
  if (device === undefined)
    throw new Problem('bad_request', `${provider.label} knows no signing in with a code.`);
  const names = device.secretNames.filter((name) => name !== 'refreshToken');
  const missing = names.filter((name) => (request.secrets[name] ?? '').trim() === '');
  if (missing.length > 0)
    throw new Problem(
      'bad_request',
      `${provider.label} needs the secret ${missing.join(' and ')}, also when you sign in with a code.`,
    );
  await refuseTooMany(request.tenantId);
  const secrets = Object.fromEntries(names.map((name) => [name, request.secrets[name] ?? '']));
  return keep(
    request,
    secrets,
    await codeFrom(device, checkSettings(provider, request.settings), secrets),
  );
}

async function codeFrom(
  device: DeviceProvider,
  settings: unknown,
  secrets: Record<string, string>,
): Promise<DeviceCode> {
  try {
    return await requestCode(device, settings, secrets);
  } catch (error) {
    if (error instanceof RemoteError)
      throw new Problem('bad_request', `There is no code to sign in with. ${error.message}`);
    throw error;
  }
}

async function keep(
  request: ConsentRequest & { connectionId: string | null },
  secrets: Record<string, string>,
  code: DeviceCode,
): Promise<string> {
  const { tenantId, provider, label, settings, connectionId, requestedBy } = request;
  const id = newId();
  const { deviceCode, userCode, verificationUrl, interval: intervalSeconds, life } = code;
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
    await tx.insert(deviceConsents).values({
      ...values,
      ...sealConsent({ tenantId, id }, { deviceCode, secrets }),
      expiresAt: sql`now() + make_interval(secs => ${life})`,
    });
    await enqueue(
      'poll-consent',
      { tenantId, consentId: id },
      { key: id, startAfter: new Date(Date.now() + intervalSeconds * 1000), tx },
    );
  });
  return id;
}

async function refuseTooMany(tenantId: string): Promise<void> {
  const waiting = and(
    eq(deviceConsents.tenantId, tenantId),
    eq(deviceConsents.state, 'waiting'),
    gt(deviceConsents.expiresAt, sql`now()`),
  );
  const rows = await withTenant(tenantId, (tx) =>
    tx.select({ id: deviceConsents.id }).from(deviceConsents).where(waiting).limit(mostWaiting),
  );
  if (rows.length === mostWaiting)
    throw new Problem(
      'conflict',
      'Several codes wait for somebody to sign in already. Use one of them, or wait until they have expired.',
    );
}
