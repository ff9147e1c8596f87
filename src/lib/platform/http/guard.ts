import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { isLoopback, isPublicAddress } from './addresses.ts';
import { RemoteError } from './errors.ts';

/** Where a client may go. */
export interface Destinations {
  /** Host names, exact or `*.example.com` for any name below example.com. */
  allowedHosts: readonly string[];
  /** Also allow localhost, 127.0.0.1 and [::1], with plain http: for the demo and the tests. */
  allowLoopback: boolean;
}

/** Answers a host name with all its addresses, as the system's resolver does. */
export type Resolve = (host: string) => Promise<LookupAddress[]>;

const systemResolve: Resolve = (host) => promisify(systemLookup)(host, { all: true });

/**
 * The URL as it will be requested, once it is known to be one of the allowed destinations.
 * The check reads the canonical host that the URL parser makes (0x7f.1 becomes 127.0.0.1),
 * and the very same object is requested afterwards, so that no second parser can disagree.
 * Throws RemoteError `permission`, without the URL's path or query in its message.
 */
export function checkUrl(raw: string, destinations: Destinations): URL {
  // Control characters, spaces, backslashes and letters beyond ASCII only serve to make a URL read
  // as another one.
  if (!/^[!-[\]-~]+$/.test(raw))
    throw permissionError('it holds characters that do not belong in an address');
  if (raw.includes('#')) throw permissionError('it holds a #');
  if (!URL.canParse(raw)) throw permissionError('it is not a complete address');
  const url = new URL(raw);
  if (url.username !== '' || url.password !== '')
    throw permissionError('it carries a user name or password');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(host)) {
    if (destinations.allowLoopback && /^https?:$/.test(url.protocol)) return url;
    throw permissionError('it leads back to this machine');
  }
  if (url.protocol !== 'https:') throw permissionError('it does not begin with https://');
  if (isIP(host) !== 0 && !isPublicAddress(host))
    throw permissionError('it leads into a private network');
  if (url.port !== '') throw permissionError('it names a port');
  if (!isAllowedHost(host, destinations.allowedHosts))
    throw permissionError('its host is not one of this provider');
  return url;
}

/** True when the host is listed, exactly or below a `*.` entry. */
export function isAllowedHost(host: string, allowedHosts: readonly string[]): boolean {
  return allowedHosts.some((allowed) =>
    allowed.startsWith('*.')
      ? host.endsWith(allowed.slice(1)) && host.length >= allowed.length
      : host === allowed,
  );
}

/**
 * A lookup for sockets that refuses names of private addresses. The socket connects to exactly the
 * addresses checked here, so that a name cannot resolve to one address for the check and to another
 * for the connection.
 */
export function guardedLookup(
  allowLoopback: boolean,
  resolve: Resolve = systemResolve,
): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const allowed = (address: string) =>
          allowLoopback && isLoopback(host) ? isLoopback(address) : isPublicAddress(address);
        const [first] = addresses;
        if (first === undefined || !addresses.every(({ address }) => allowed(address))) {
          callback(permissionError('its name leads into a private network'), '', 0);
        } else if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}

function permissionError(reason: string): RemoteError {
  return new RemoteError(
    'permission',
    `The address was not called because ${reason}. Correct the connection's base URL.`,
  );
}
