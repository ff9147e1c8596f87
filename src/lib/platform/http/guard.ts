import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { isLoopback, isPublicAddress } from './addresses.ts';
import { RemoteError } from './errors.ts';

/** Where a client may connect to. */
export interface Destinations {
  /**
   * Host names: exact, or `*.example.com` for any name below example.com. A label that ends in `*`,
   * such as `crm*`, may end in any number.
   */
  allowedHosts: readonly string[];
  /** Also allow localhost, 127.0.0.1 and [::1], even over plain http, for demo and tests. */
  allowLoopback: boolean;
}

/** Resolves a host name to all of its addresses. */
export type Resolve = (host: string) => Promise<LookupAddress[]>;

const systemResolve: Resolve = (host) => promisify(systemLookup)(host, { all: true });

/**
 * Parses a URL and checks that it is an allowed destination. The check uses the canonical host of
 * the parsed URL (0x7f.1 becomes 127.0.0.1), and the same object is requested afterwards, so that
 * no second parser can disagree. Throws RemoteError `permission`, without the path or query of the
 * URL in its message.
 */
export function checkUrl(raw: string, destinations: Destinations): URL {
  // Control characters, spaces, backslashes and non-ASCII letters only serve to disguise a URL.
  if (!/^[!-[\]-~]+$/.test(raw))
    throw permissionError('it contains characters that are not allowed in an address');
  if (raw.includes('#')) throw permissionError('it contains a #');
  if (!URL.canParse(raw)) throw permissionError('it is not a complete address');
  const url = new URL(raw);
  if (url.username !== '' || url.password !== '')
    throw permissionError('it contains a user name or password');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isLoopback(host)) {
    if (destinations.allowLoopback && /^https?:$/.test(url.protocol)) return url;
    throw permissionError('it points to this machine');
  }
  if (url.protocol !== 'https:') throw permissionError('it does not begin with https://');
  if (isIP(host) !== 0 && !isPublicAddress(host))
    throw permissionError('it points into a private network');
  if (url.port !== '') throw permissionError('it contains a port');
  if (!isAllowedHost(host, destinations.allowedHosts))
    throw permissionError('its host does not belong to this provider');
  return url;
}

/**
 * Whether the host equals an entry, or is below a `*.` entry. Compares label by label from the
 * right, so that neither `evil-example.com` nor `example.com.evil.test` passes for `example.com`.
 */
export function isAllowedHost(host: string, allowedHosts: readonly string[]): boolean {
  const labels = host.split('.');
  return !labels.includes('') && allowedHosts.some((allowed) => matchesPattern(labels, allowed));
}

function matchesPattern(labels: readonly string[], pattern: string): boolean {
  const isBelow = pattern.startsWith('*.');
  const wanted = (isBelow ? pattern.slice('*.'.length) : pattern).split('.');
  const more = labels.length - wanted.length;
  if (isBelow ? more < 1 : more !== 0) return false;
  return labels.slice(more).every((label, index) => matchesLabel(label, wanted[index] ?? ''));
}

/** `crm*` stands for crm, crm4, crm21. */
function matchesLabel(label: string, wanted: string): boolean {
  if (!wanted.endsWith('*')) return label === wanted;
  const start = wanted.slice(0, -1);
  return label.startsWith(start) && /^\d*$/.test(label.slice(start.length));
}

/**
 * A lookup for sockets that rejects names with private addresses. The socket connects to exactly
 * the addresses that are checked here, so that a name cannot resolve to one address for the check
 * and to another for the connection.
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
          callback(permissionError('its name points into a private network'), '', 0);
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
    `The address was not requested because ${reason}. Correct the base URL of the connection.`,
  );
}
