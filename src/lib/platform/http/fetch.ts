import type { HttpClient, HttpRequest } from './types.ts';

/** What a protocol library passes to the `fetch` that it is given. */
interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: unknown;
}

/**
 * Sends what an OAuth library would fetch through a client of ours, which bounds it and classifies
 * its failure by status and Retry-After before the library reads the body. Statuses of `accept` come
 * back as they are. Throws RemoteError.
 */
export async function fetchThrough(
  http: HttpClient,
  url: string,
  { method, headers, body }: FetchInit,
  accept: readonly number[],
): Promise<Response> {
  const response = await http.request({
    url,
    method: toMethod(method),
    headers,
    accept,
    ...(body !== undefined && body !== null && { form: toForm(body) }),
  });
  const { status, contentType } = response;
  const retryAfter = response.headers['retry-after'];
  return new Response(response.body || null, {
    status,
    headers: {
      'content-type': contentType,
      ...(retryAfter !== undefined && { 'retry-after': retryAfter }),
    },
  });
}

function toMethod(method: string): NonNullable<HttpRequest['method']> {
  if (method === 'GET' || method === 'POST') return method;
  throw new Error(`OAuth and OpenID Connect need no ${method}`);
}

/** The libraries send nothing but forms, with each name once (RFC 6749, section 3.2). */
function toForm(body: unknown): Record<string, string> {
  if (!(body instanceof URLSearchParams)) throw new Error('Only forms are sent to a provider');
  return Object.fromEntries(body);
}
