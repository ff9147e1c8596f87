import { listOwnOrigins } from '#lib/identity/auth/public-url.ts';
import { Problem } from '#lib/platform/errors.ts';
import { newId } from '#lib/platform/id.ts';

/**
 * Maximum request body in bytes. For bodies without a length, the adapter enforces the same limit
 * while they arrive.
 */
const maxBodyBytes = 1024 * 1024;

const safeMethods = ['GET', 'HEAD', 'OPTIONS'];

/** Whether a request only reads, by its method. */
export const isSafe = ({ method }: Request): boolean => safeMethods.includes(method);

/** Returns the request id of a trusted proxy, else a new one. */
export function readRequestId(request: Request, trustProxy: boolean): string {
  const given = trustProxy ? request.headers.get('x-request-id') : null;
  return given !== null && /^[\w-]{8,64}$/.test(given) ? given : newId();
}

export function refuseLargeBody(request: Request): void {
  if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes) throw tooLarge();
}

export function tooLarge(): Problem {
  return new Problem('too_large', 'The request is larger than the limit of 1 MiB.');
}

/**
 * Reads the body of a request as bytes. Throws Problem `too_large` as soon as it exceeds
 * `maxBytes`, before all of it is in memory.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (request.body === null) return new Uint8Array();
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes)
      throw new Problem(
        'too_large',
        `The request is larger than the limit of ${maxBytes / 1024} KiB.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/**
 * Rejects NUL in the query of a page: PostgreSQL stores no NUL, so no text here contains one. The
 * API names the parameter (`parseQuery`), and a path with NUL names nothing that exists.
 */
export function refuseNul({ pathname, search }: URL): void {
  if (search.includes('%00') && !pathname.startsWith('/api/'))
    throw new Problem(
      'bad_request',
      'This address contains a NUL character, which no text here has. Remove "%00" from it.',
    );
}

/**
 * Rejects requests that another site made a browser send: every unsafe method must come from this
 * site, whatever its content type. A request without cookies carries no authority, so programs need
 * no Origin header.
 */
export function refuseForeignOrigin(request: Request, url: URL): void {
  if (isSafe(request) || isSameOrigin(request, url)) return;
  throw new Problem(
    'forbidden',
    'This request came from another site. Open the page here and try again.',
  );
}

function isSameOrigin({ headers }: Request, url: URL): boolean {
  const origin = headers.get('origin');
  if (origin !== null) return listOwnOrigins(url).includes(origin);
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin' || site === 'none';
  return !headers.has('cookie');
}

/**
 * Adds Set-Cookie headers, except for cookies that the response sets itself: the route takes
 * precedence.
 */
export function appendCookies(response: Response, cookies: Headers): Response {
  const parseCookieName = (line: string): string => line.split('=', 1)[0] ?? '';
  const own = new Set(response.headers.getSetCookie().map(parseCookieName));
  for (const line of cookies.getSetCookie()) {
    if (!own.has(parseCookieName(line))) response.headers.append('set-cookie', line);
  }
  return response;
}
