import type { CustomFetch } from 'openid-client';
import { config } from '../../platform/config.ts';
import { createHttpClient } from '../../platform/http/client.ts';
import { fetchThrough } from '../../platform/http/fetch.ts';

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
export const guardedFetch: CustomFetch = async (url, init) => {
  const http = createHttpClient({
    allowedHosts: [new URL(url).hostname],
    allowLoopback: config().ALLOW_LOOPBACK_PROVIDERS,
    deadlineMs,
    maxBytes,
    retry: { retries: 0 },
  });
  try {
    return await fetchThrough(http, url, init, refusals);
  } finally {
    await http.close();
  }
};
