import type { CustomFetch } from 'openid-client';
import { config } from '../../platform/config.ts';
import { createHttpClient } from '../../platform/http/client.ts';
import type { HttpRequest } from '../../platform/http/types.ts';

/** Per request: somebody waits for the page that comes after it. */
const deadlineMs = 10_000;
/** Discovery documents, keys and tokens are small. */
const maxBytes = 1024 * 1024;
/** The body of a refusal names the error (RFC 6749, section 5.2). */
const refusals = [400, 401, 403, 404, 405, 406, 409, 410, 415, 422, 429];

/**
 * Sends a request of the OpenID client through our own one: over TLS to public addresses only, as
 * the name resolves at the moment of connecting, and without following redirects. Staff enter the
 * issuer and its discovery document names the other hosts, so every host is allowed that passes
 * these checks; this machine's own only with ALLOW_LOOPBACK_PROVIDERS. Throws RemoteError.
 */
export const guardedFetch: CustomFetch = async (url, { method, headers, body }) => {
  const http = createHttpClient({
    allowedHosts: [new URL(url).hostname],
    allowLoopback: config().ALLOW_LOOPBACK_PROVIDERS,
    deadlineMs,
    maxBytes,
    retry: { retries: 0 },
  });
  try {
    const response = await http.request({
      url,
      method: toMethod(method),
      headers,
      accept: refusals,
      ...(body && { form: toForm(body) }),
    });
    return new Response(response.body || null, {
      status: response.status,
      headers: { 'content-type': response.contentType },
    });
  } finally {
    await http.close();
  }
};

function toMethod(method: string): NonNullable<HttpRequest['method']> {
  if (method === 'GET' || method === 'POST') return method;
  throw new Error(`OpenID Connect needs no ${method}`);
}

/** The client sends nothing but forms, with each name once (RFC 6749, section 3.2). */
function toForm(body: unknown): Record<string, string> {
  if (!(body instanceof URLSearchParams)) throw new Error('Only forms are sent to a provider');
  return Object.fromEntries(body);
}
