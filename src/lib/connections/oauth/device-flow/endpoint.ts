import { z } from 'zod';
import { config } from '../../../platform/config.ts';
import { isLoopback } from '../../../platform/http/addresses.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpResponse } from '../../../platform/http/types.ts';
import { registerSecret } from '../../../platform/secrets.ts';
import type { DeviceGrant } from '../../../connectors/contract/auth.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import {
  tryParseJson,
  getOAuthProvider,
  readErrorCode,
  createTokenClient,
  type OAuthProvider,
} from '../token-endpoint.ts';

/** A provider at which people can sign in with a code. */
export interface DeviceProvider extends OAuthProvider {
  device: DeviceGrant<unknown>;
}

/** Undefined when the provider knows no codes. */
export function getDeviceProvider(provider: ProviderDefinition): DeviceProvider | undefined {
  const oauth = getOAuthProvider(provider);
  return oauth?.grant.device === undefined ? undefined : { ...oauth, device: oauth.grant.device };
}

/** What a person enters and where, and what we ask with. Times are in seconds. */
export interface DeviceCode {
  deviceCode: string;
  userCode: string;
  verificationUrl: string;
  interval: number;
  lifetimeSeconds: number;
}

/**
 * RFC 8628 does not bound these; a person has an hour at most, and we ask every minute at least.
 */
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
  expires_in: seconds(3_600),
  interval: seconds(60).default(5),
});

/** Asks for a code. Throws RemoteError. */
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
  if (response.status >= 400)
    throw new RemoteError(
      'auth',
      `${label} gives no code for this application (${readErrorCode(response) ?? `HTTP ${response.status}`}). It has to be registered there, and to allow signing in with a code (public client flows).`,
      { status: response.status },
    );
  const parsed = deviceCodeResponse.safeParse(tryParseJson(response.body));
  const url = parsed.data?.verification_uri ?? parsed.data?.verification_url;
  if (!parsed.success || url === undefined || !isSafeLink(url))
    throw new RemoteError(
      'malformed',
      `${label} answered something that is not a code to sign in with.`,
      { status: response.status },
    );
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
 * What the token endpoint says: the grant, not yet, ask less often, the person refused, or it is
 * too late.
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

/** Asks once whether the person has agreed. Throws RemoteError when that is not known. */
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
    ...grant.form(settings, secrets),
    ...code,
  });
  if (response.status >= 400) return toPollResult(response);
  const parsed = tokenResponse.safeParse(tryParseJson(response.body));
  if (!parsed.success)
    throw new RemoteError(
      'malformed',
      `The token endpoint of ${label} answered something that is not a token with its refresh token.`,
      { status: response.status },
    );
  registerSecret(parsed.data.access_token);
  registerSecret(parsed.data.refresh_token);
  return {
    kind: 'token',
    accessToken: parsed.data.access_token,
    refreshToken: parsed.data.refresh_token,
  };
}

function toPollResult(response: HttpResponse): PollResult {
  const code = readErrorCode(response);
  if (code === undefined)
    throw new RemoteError('transient', 'The token endpoint could not answer right now.', {
      status: response.status,
    });
  const kind = kindByErrorCode[code];
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

/** It is drawn as a link. */
function isSafeLink(text: string): boolean {
  const url = URL.parse(text);
  return (
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && isLoopback(url.hostname) && config().ALLOW_LOOPBACK_PROVIDERS)
  );
}
