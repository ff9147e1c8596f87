import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseCookies } from 'better-auth/cookies';
import { config } from '../../platform/config.ts';

/** better-auth signs a cookie's value with HMAC-SHA-256 in base64 and puts a dot before it. */
const signedPattern = /^(.+)\.([A-Za-z0-9+/]{43}=)$/s;

/**
 * A Cookie header in which every signature by an older AUTH_SECRET is replaced by one of the
 * newest, the only one that better-auth checks. So cookies outlive a rotation of AUTH_SECRET for as
 * long as it contains the secret that signed them.
 */
export function resignCookies(header: string): string {
  const [newest, ...older] = config().AUTH_SECRET.map(({ value }) => value);
  if (newest === undefined || older.length === 0) return header;
  return header
    .split(';')
    .map((pair) => resign(pair, newest, older))
    .join(';');
}

function resign(pair: string, newest: string, older: readonly string[]): string {
  const equals = pair.indexOf('=');
  const [, value, signature] = signedPattern.exec(decode(pair.slice(equals + 1))) ?? [];
  if (equals < 0 || value === undefined) return pair;
  if (!older.some((secret) => sign(value, secret) === signature)) return pair;
  return `${pair.slice(0, equals)}=${encodeURIComponent(`${value}.${sign(value, newest)}`)}`;
}

/** The value of a cookie that any secret of AUTH_SECRET has signed. */
export function readSignedCookie(header: string, name: string): string | undefined {
  const [, value, signature = ''] = signedPattern.exec(parseCookies(header).get(name) ?? '') ?? [];
  if (value === undefined) return undefined;
  const given = Buffer.from(signature);
  const isOurs = config().AUTH_SECRET.some((secret) =>
    timingSafeEqual(Buffer.from(sign(value, secret.value)), given),
  );
  return isOurs ? value : undefined;
}

const sign = (value: string, secret: string): string =>
  createHmac('sha256', secret).update(value).digest('base64');

/** The decoded text; as it is when it is not encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
