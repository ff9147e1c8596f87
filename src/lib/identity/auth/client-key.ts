import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseCookies } from 'better-auth/cookies';
import { config } from '../../platform/config.ts';
import { addressHeader, readClientAddress, readNetwork } from './client.ts';
import { toCookieName } from './public-url.ts';

/**
 * Names who sent a request, before anything is read from the database: the session whose cookie we
 * signed, else the network. A cookie that somebody made up counts for nothing, so that nobody can
 * be many clients without signing in many times; one that has ended counts until it is read.
 */
export function identifyClient(headers: Pick<Headers, 'get'>, connectionAddress: string): string {
  const token = findSignedToken(headers.get('cookie') ?? '');
  if (token !== undefined) return `session ${token}`;
  const address = readClientAddress({ headers }, connectionAddress, config().TRUST_PROXY);
  return `network ${readNetwork(new Headers({ [addressHeader]: address }))}`;
}

/** The token of the session cookie, if it has our signature (as better-auth's cookies have it). */
function findSignedToken(cookie: string): string | undefined {
  const value = parseCookies(cookie).get(toCookieName('tributary.session_token')) ?? '';
  const [, token, signature] = /^([\w-]{16,128})\.([A-Za-z0-9+/]{43}=)$/.exec(value) ?? [];
  if (token === undefined || signature === undefined) return undefined;
  const expected = createHmac('sha256', config().AUTH_SECRET).update(token).digest();
  return timingSafeEqual(Buffer.from(signature, 'base64'), expected) ? token : undefined;
}
