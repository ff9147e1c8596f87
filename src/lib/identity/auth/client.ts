import { isIPv6 } from 'node:net';
import { resignCookies } from './signed-cookies.ts';

/** Passes the client's address to better-auth. A header of this name from a client is replaced. */
export const addressHeader = 'x-tributary-client-address';

/** The headers that sign-in needs: cookies, user agent and address of the client. */
export function buildClientHeaders(request: Request, address: string): Headers {
  const headers = new Headers({ [addressHeader]: normalizeAddress(address) });
  const cookie = request.headers.get('cookie');
  if (cookie !== null) headers.set('cookie', resignCookies(cookie));
  const userAgent = request.headers.get('user-agent');
  if (userAgent !== null) headers.set('user-agent', userAgent);
  return headers;
}

export function readAddress(headers: Headers): string {
  return headers.get(addressHeader) ?? 'unknown';
}

/**
 * The network that limits count for: an IPv4 address, or the /64 of an IPv6 address, because a
 * subscriber has at least one /64 (RFC 6177) and any number of addresses in it.
 */
export function readNetwork(headers: Headers): string {
  const address = readAddress(headers).replace(/%.*$/, '');
  if (!isIPv6(address)) return address;
  const groups = expandIPv6(address);
  const isMapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff';
  return isMapped ? groups.join(':') : `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups, each without leading zeros. */
function expandIPv6(address: string): string[] {
  const [head = [], tail = []] = new URL(`http://[${address}]`).hostname
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}

/**
 * The address of the client: the last entry of X-Forwarded-For if our own proxy sets it, otherwise
 * the address of the connection.
 */
export function readClientAddress(
  request: { headers: Pick<Headers, 'get'> },
  connectionAddress: string,
  trustProxy: boolean,
): string {
  const forwarded = trustProxy
    ? request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim()
    : undefined;
  return normalizeAddress(forwarded || connectionAddress);
}

/** IPv4 that arrived over an IPv6 socket counts as the same address. */
function normalizeAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
