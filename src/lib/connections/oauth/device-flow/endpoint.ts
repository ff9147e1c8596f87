import { z } from 'zod';
import { config } from '../../../platform/config.ts';
import { isLoopback } from '../../../platform/http/addresses.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import type { HttpAnswer } from '../../../platform/http/types.ts';
import { registerSecret } from '../../../platform/secrets.ts';
import type { DeviceGrant } from '../../../connectors/contract/auth.ts';
import type { ProviderDefinition } from '../../../connectors/contract/provider.ts';
import {
  jsonOf,
  oauthOf,
  refusalCode,
  tokenClient,
  type OAuthProvider,
} from '../token-endpoint.ts';

/** A provider at which people can sign in with a code. */
export interface DeviceProvider extends OAuthProvider {
  device: DeviceGrant<unknown>;
}

/** Undefined when the provider knows no codes. */
export function deviceOf(provider: ProviderDefinition): DeviceProvider | undefined {
  const oauth = oauthOf(provider);
  return oauth?.grant.device === undefined ? undefined : { ...oauth, device: oauth.grant.device };
}

/** What a person enters and where, and what we ask with. Times are in seconds. */
export interface DeviceCode {
  deviceCode: string;
  userCode: string;
  verificationUrl: string;
  interval: number;
  life: number;
}

/**
 * RFC 8628 does not bound these; a person has an hour at most, and we ask every minute at least.
 */
const seconds = (most: number) =>
  z.coerce
    .number()
    .min(1)
    .transform((value) => Math.min(value, most));
const codeAnswer = z.object({
  device_code: z.string().min(1).max(4_000),
  user_code: z.string().trim().min(1).max(100),
  verification_uri: z.string().optional(),
  verification_url: z.string().optional(),
  expires_in: seconds(3_600),
  interval: seconds(60).default(5),
});

/** Asks for a code. Throws RemoteError. */
export async function requestCode(
  { label, grant, device }: DeviceProvider,
  settings: unknown,
  secrets: Record<string, string>,
): Promise<DeviceCode> {
  const answer = await post(device.url(settings), grant.tokenHosts, device.form(settings, secrets));
  if (answer.status >= 400)
    throw new RemoteError(
      'auth',
      `${label} gives no code for this application (${refusalCode(answer) ?? `HTTP ${answer.status}`}). It has to be registered there, and to allow signing in with a code (public client flows).`,
      { status: answer.status },
    );
  const parsed = codeAnswer.safeParse(jsonOf(answer.body));
  const url = parsed.data?.verification_uri ?? parsed.data?.verification_url;
  if (!parsed.success || url === undefined || !isLink(url))
    throw new RemoteError(
      'malformed',
      `${label} answered something that is not a code to sign in with.`,
      { status: answer.status },
    );
  const { device_code: deviceCode, user_code: userCode, interval, expires_in: life } = parsed.data;
  registerSecret(deviceCode);
  return { deviceCode, userCode, verificationUrl: url, interval, life };
}

/**
 * What the token endpoint says: the grant, not yet, ask less often, the person refused, or it is
 * too late.
 */
export type Poll =
  | { kind: 'token'; accessToken: string; refreshToken: string }
  | { kind: 'pending' | 'slower' | 'refused' | 'expired' }
  | { kind: 'dead'; code: string };

const kinds: Record<string, 'pending' | 'slower' | 'refused' | 'expired'> = {
  authorization_pending: 'pending',
  slow_down: 'slower',
  access_denied: 'refused',
  authorization_declined: 'refused',
  expired_token: 'expired',
  code_expired: 'expired',
};
const tokenAnswer = z.object({ access_token: z.string().min(1), refresh_token: z.string().min(1) });

/** Asks once whether the person has agreed. Throws RemoteError when that is not known. */
export async function poll(
  { label, grant, device }: DeviceProvider,
  settings: unknown,
  secrets: Record<string, string>,
  deviceCode: string,
): Promise<Poll> {
  const code = {
    grant_type: device.grantType ?? 'urn:ietf:params:oauth:grant-type:device_code',
    [device.codeField ?? 'device_code']: deviceCode,
  };
  const answer = await post(grant.tokenUrl(settings), grant.tokenHosts, {
    ...grant.form(settings, secrets),
    ...code,
  });
  if (answer.status >= 400) return refusalOf(answer);
  const parsed = tokenAnswer.safeParse(jsonOf(answer.body));
  if (!parsed.success)
    throw new RemoteError(
      'malformed',
      `The token endpoint of ${label} answered something that is not a token with its refresh token.`,
      { status: answer.status },
    );
  registerSecret(parsed.data.access_token);
  registerSecret(parsed.data.refresh_token);
  return {
    kind: 'token',
    accessToken: parsed.data.access_token,
    refreshToken: parsed.data.refresh_token,
  };
}

function refusalOf(answer: HttpAnswer): Poll {
  const code = refusalCode(answer);
  if (code === undefined)
    throw new RemoteError('transient', 'The token endpoint could not answer right now.', {
      status: answer.status,
    });
  const kind = kinds[code];
  return kind === undefined ? { kind: 'dead', code } : { kind };
}

async function post(
  url: string,
  hosts: readonly string[],
  form: Record<string, string>,
): Promise<HttpAnswer> {
  const http = tokenClient(url, hosts);
  try {
    return await http.request({ method: 'POST', url, form, accept: [400, 401] });
  } finally {
    await http.close();
  }
}

/** It is drawn as a link. */
function isLink(text: string): boolean {
  const url = URL.parse(text);
  return (
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && isLoopback(url.hostname) && config().ALLOW_LOOPBACK_PROVIDERS)
  );
}
