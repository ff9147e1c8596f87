import { auth } from '#lib/identity/auth/auth.ts';
import { addressHeader } from '#lib/identity/auth/client.ts';
import { Problem } from '#lib/platform/errors.ts';
import { parseStorable } from '#lib/http-api/codec.ts';

/**
 * The endpoints that programs need to sign in and out. Other better-auth endpoints are not exposed:
 * pages call our own functions.
 */
const openPaths = [
  'POST sign-in/email',
  'POST two-factor/verify-totp',
  'POST two-factor/verify-backup-code',
  'POST sign-out',
];

const codes: Record<number, 'bad_request' | 'unauthenticated' | 'forbidden' | 'rate_limited'> = {
  400: 'bad_request',
  401: 'unauthenticated',
  403: 'forbidden',
  429: 'rate_limited',
};

/** Passes a request to better-auth if its endpoint is open. Its errors become Problems. */
export async function handleAuthRequest(
  request: Request,
  { client }: App.Locals,
  path: string,
): Promise<Response> {
  if (!openPaths.includes(`${request.method} ${path}`))
    throw new Problem('not_found', 'There is nothing at this address.');
  const headers = new Headers(request.headers);
  headers.set(addressHeader, client.get(addressHeader) ?? '');
  const cookie = client.get('cookie');
  if (cookie !== null) headers.set('cookie', cookie);
  const url = new URL(`/api/auth/${path}`, request.url);
  const response = await auth().handler(
    new Request(url, { method: request.method, headers, body: await readBody(request) }),
  );
  if (response.ok) return response;
  throw await toProblem(response);
}

/**
 * The body as it came. Throws Problem `bad_request` for JSON that is damaged, and for text that the
 * database cannot store.
 */
async function readBody(request: Request): Promise<string> {
  const text = await request.text();
  const isJson = /^application\/json\b/i.test(request.headers.get('content-type') ?? '');
  const isUsable = isJson ? text === '' || parseStorable(text) !== undefined : !/\0|%00/.test(text);
  if (!isUsable) throw new Problem('bad_request', 'The body must be JSON, without NUL characters.');
  return text;
}

async function toProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  const message = readText(body, 'message') ?? 'The request was refused.';
  const code = codes[response.status] ?? (response.status < 500 ? 'bad_request' : undefined);
  if (code === undefined)
    throw new Error(`The sign-in library answered ${response.status}: ${message}`);
  const seconds = Number(
    response.headers.get('retry-after') ?? response.headers.get('x-retry-after'),
  );
  return new Problem(code, message, seconds > 0 ? { retryAfter: seconds } : undefined);
}

function readText(body: unknown, name: string): string | undefined {
  const value: unknown =
    typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
  return typeof value === 'string' ? value : undefined;
}
