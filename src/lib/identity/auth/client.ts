/** Passes the client's address to better-auth. A header of this name from a client is replaced. */
export const addressHeader = 'x-tributary-client-address';

/** The headers that sign-in needs: cookies, user agent and address of the client. */
export function buildClientHeaders(request: Request, address: string): Headers {
  const headers = new Headers({ [addressHeader]: normalizeAddress(address) });
  for (const name of ['cookie', 'user-agent']) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return headers;
}

export function readAddress(headers: Headers): string {
  return headers.get(addressHeader) ?? 'unknown';
}

/**
 * The address of the client: the last entry of X-Forwarded-For if our own proxy sets it, otherwise
 * the address of the connection.
 */
export function readClientAddress(
  request: Request,
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
