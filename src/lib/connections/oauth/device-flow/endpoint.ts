import { z } from 'zod';
import { config } from '../../../platform/config.ts';
import { isLoopback } from '../../../platform/http/addresses.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpResponse } from '../../../platform/http/types.ts';
import { registerSecret } from '../../../platform/secrets.ts';
import type { DeviceGrant } from '../../../connectors/contract/auth.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import { readErrorCode, tryParseJson } from '../token-answer.ts';
import { createTokenClient, getOAuthProvider, type OAuthProvider } from '../token-endpoint.ts';
import { getOwn } from '../../../platform/own.ts';

/** A provider that supports the device authorization grant (RFC 8628). */
export interface DeviceProvider extends OAuthProvider {
  device: DeviceGrant<unknown>;
}

/** Undefined when the provider does not support it. */
export function getDeviceProvider(provider: ProviderDefinition): DeviceProvider | undefined {
  const oauth = getOAuthProvider(provider);
  return oauth?.grant.device === undefined ? undefined : { ...oauth, device: oauth.grant.device };
}

/** What a person enters and where, and the code that we poll with. Times are in seconds. */
export interface DeviceCode {
  deviceCode: string;
  userCode: string;
  verificationUrl: string;
  interval: number;
  lifetimeSeconds: number;
}

/** RFC 8628 sets no bounds: we give a person an hour at most, and poll every minute at least. */
const maxLifetimeSeconds = 3_600;
const maxIntervalSeconds = 60;
/** RFC 8628, 3.2: the interval to use when the response gives none. */
const defaultIntervalSeconds = 5;
const seconds = (max: number) =>
  z.coerce
    .number()
    .min(1)
    .transform((value) => Math.min(value, max));
const deviceCodeResponse = z.object({
  device_code: z.string().min(1).max(4_000),
  user_code: z.string().trim().min(1).max(100),
  verification_uri: z.string().optional(),
  verification_url: z.string().optional(),
  expires_in: seconds(maxLifetimeSeconds),
  interval: seconds(maxIntervalSeconds).default(defaultIntervalSeconds),
});

/** Requests a code. Throws RemoteError. */
export async function requestDeviceCode(
  { label, grant, device }: DeviceProvider,
  settings: unknown,
  secrets: Record<string, string>,
): Promise<DeviceCode> {
  const response = await post(
    device.url(settings),
    grant.tokenHosts,
    device.form(settings, secrets),
  );
  if (response.status >= 400) throw createNoCodeError(label, response);
  return parseDeviceCode(label, response);
}

function createNoCodeError(label: string, response: HttpResponse): RemoteError {
  const { status } = response;
  return new RemoteError(
    'auth',
    `${label} issued no sign-in code (${readErrorCode(response) ?? `HTTP ${status}`}). Register ` +
      'the application there and allow signing in with a code (public client flows).',
    { status },
  );
}

function parseDeviceCode(label: string, response: HttpResponse): DeviceCode {
  const parsed = deviceCodeResponse.safeParse(tryParseJson(response.body));
  const url = parsed.data?.verification_uri ?? parsed.data?.verification_url;
  if (!parsed.success || url === undefined || !isSafeLink(url))
    throw new RemoteError('malformed', `${label} sent a response that is not a sign-in code.`, {
      status: response.status,
    });
  const {
    device_code: deviceCode,
    user_code: userCode,
    interval,
    expires_in: lifetimeSeconds,
  } = parsed.data;
  registerSecret(deviceCode);
  return { deviceCode, userCode, verificationUrl: url, interval, lifetimeSeconds };
}

/**
 * The result of one poll. token: the person agreed; pending: not yet; slower: poll less often;
 * refused: the person declined; expired: nobody agreed in time; dead: any other error code.
 */
export type PollResult =
  | { kind: 'token'; accessToken: string; refreshToken: string }
  | { kind: 'pending' | 'slower' | 'refused' | 'expired' }
  | { kind: 'dead'; code: string };

const kindByErrorCode: Record<string, 'pending' | 'slower' | 'refused' | 'expired'> = {
  authorization_pending: 'pending',
  slow_down: 'slower',
  access_denied: 'refused',
  authorization_declined: 'refused',
  expired_token: 'expired',
  code_expired: 'expired',
};
const tokenResponse = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
});

/** Polls the token endpoint once. Throws RemoteError when the result is not known. */
export async function pollToken(
  { label, grant, device }: DeviceProvider,
  settings: unknown,
  secrets: Record<string, string>,
  deviceCode: string,
): Promise<PollResult> {
  const code = {
    grant_type: device.grantType ?? 'urn:ietf:params:oauth:grant-type:device_code',
    [device.codeField ?? 'device_code']: deviceCode,
  };
  const response = await post(grant.tokenUrl(settings), grant.tokenHosts, {
    ...grant.form?.(settings, secrets),
    ...code,
  });
  if (response.status >= 400) return toPollResult(response);
  return parseToken(label, response);
}

function parseToken(label: string, { body, status }: HttpResponse): PollResult {
  const parsed = tokenResponse.safeParse(tryParseJson(body));
  if (!parsed.success)
    throw new RemoteError(
      'malformed',
      `The token endpoint of ${label} sent a response without an access and a refresh token.`,
      { status },
    );
  const { access_token: accessToken, refresh_token: refreshToken } = parsed.data;
  registerSecret(accessToken);
  registerSecret(refreshToken);
  return { kind: 'token', accessToken, refreshToken };
}

function toPollResult(response: HttpResponse): PollResult {
  const code = readErrorCode(response);
  if (code === undefined)
    throw new RemoteError('transient', 'The token endpoint is temporarily unavailable.', {
      status: response.status,
    });
  const kind = getOwn(kindByErrorCode, code);
  return kind === undefined ? { kind: 'dead', code } : { kind };
}

async function post(
  url: string,
  hosts: readonly string[],
  form: Record<string, string>,
): Promise<HttpResponse> {
  const http = createTokenClient(url, hosts);
  try {
    return await http.request({ method: 'POST', url, form, accept: [400, 401] });
  } finally {
    await http.close();
  }
}

/** The page shows the address as a link, so only https (http on loopback) is accepted. */
function isSafeLink(text: string): boolean {
  const url = URL.parse(text);
  return (
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && isLoopback(url.hostname) && config().ALLOW_LOOPBACK_PROVIDERS)
  );
}
