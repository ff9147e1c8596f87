import { Problem } from '../../../platform/errors.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import { checkSettings } from '../../validate.ts';
import {
  assertFewPending,
  forExistingConnection,
  forNewConnection,
  storeSignIn,
  type ChosenSignIn,
  type SignInRequest,
} from '../sign-in.ts';
import {
  getDeviceProvider,
  requestDeviceCode,
  type DeviceCode,
  type DeviceProvider,
} from './endpoint.ts';

/** Sign-ins of one workspace that may wait at once; the worker polls for each code. */
const maxPending = 5;

/**
 * Requests a code from the provider and queues the job that polls until a person has entered it.
 * Returns the id of the sign-in. Throws Problem `bad_request` and `conflict`.
 */
export async function startDeviceAuthorization(request: SignInRequest): Promise<string> {
  return requestAuthorization(forNewConnection(request));
}

/** As `startDeviceAuthorization`, for an existing connection. Throws Problem `not_found` as well. */
export async function restartDeviceAuthorization(
  ...existing: Parameters<typeof forExistingConnection>
): Promise<string> {
  return requestAuthorization(await forExistingConnection(...existing));
}

async function requestAuthorization({ provider, request }: ChosenSignIn): Promise<string> {
  const settings = checkSettings(provider, request.settings);
  const device = getDeviceProvider(provider);
  if (device === undefined)
    throw new Problem('bad_request', `${provider.label} does not support signing in with a code.`);
  const secrets = selectSecrets(device, request.secrets);
  await assertFewPending(request.tenantId, maxPending);
  const { deviceCode, userCode, verificationUrl, interval, lifetimeSeconds } =
    await fetchDeviceCode(device, settings, secrets);
  return storeSignIn(
    request,
    { deviceCode, secrets },
    {
      code: { userCode, verificationUrl, intervalSeconds: interval },
      lifetimeSeconds,
      lookAfterSeconds: interval,
    },
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
