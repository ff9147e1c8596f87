import { config } from '../../platform/config.ts';
import { addressHeader, readClientAddress, readNetwork } from './client.ts';
import { toCookieName } from './public-url.ts';
import { readSignedCookie } from './signed-cookies.ts';

/**
 * Names who sent a request, before anything is read from the database: the session whose cookie we
 * signed, else the network. A cookie that somebody made up counts for nothing, so that nobody can
 * be many clients without signing in many times; one that has ended counts until it is read.
 */
export function identifyClient(headers: Pick<Headers, 'get'>, connectionAddress: string): string {
  const name = toCookieName('tributary.session_token');
  const token = readSignedCookie(headers.get('cookie') ?? '', name);
  if (token !== undefined) return `session ${token}`;
  const address = readClientAddress({ headers }, connectionAddress, config().TRUST_PROXY);
  return `network ${readNetwork(new Headers({ [addressHeader]: address }))}`;
}
