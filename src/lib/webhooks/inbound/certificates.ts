import type { X509Certificate } from 'node:crypto';
import { readCertificates } from '../../platform/certificates.ts';
import { config } from '../../platform/config.ts';
import { createHttpClient } from '../../platform/http/client.ts';
import { RemoteError } from '../../platform/http/errors.ts';

const maxCached = 16;
const maxCertificateBytes = 64 * 1024;
const deadlineMs = 5_000;
/** A certificate that was replaced under its address is found after so long at the latest. */
const maxAgeMs = 24 * 3_600_000;
/** How many addresses are asked in a minute: senders choose them. */
const maxFetchesPerMinute = 20;

interface CachedCertificates {
  certificates: readonly X509Certificate[];
  fetchedAt: number;
  until: number;
}

const cache = new Map<string, CachedCertificates>();
const pendingFetches = new Map<string, Promise<CachedCertificates>>();
let fetches: number[] = [];

/**
 * The certificates at an address, from memory while they are valid. Only of these hosts, over
 * https, through the guarded client. `newerThanMs`: one that was fetched longer ago is fetched
 * again. Throws RemoteError, before any call when the host is not one of them.
 */
export async function getCertificates(
  url: string,
  hosts: readonly string[],
  newerThanMs = Number.POSITIVE_INFINITY,
): Promise<readonly X509Certificate[]> {
  const cached = cache.get(url);
  const now = Date.now();
  if (cached !== undefined && now < cached.until && now - cached.fetchedAt <= newerThanMs)
    return cached.certificates;
  const fetching =
    pendingFetches.get(url) ??
    fetchCertificates(url, hosts).finally(() => pendingFetches.delete(url));
  pendingFetches.set(url, fetching);
  return (await fetching).certificates;
}

async function fetchCertificates(
  url: string,
  hosts: readonly string[],
): Promise<CachedCertificates> {
  const http = createHttpClient({
    allowedHosts: hosts,
    allowLoopback: config().ALLOW_LOOPBACK_PROVIDERS,
    deadlineMs,
    maxBytes: maxCertificateBytes,
    retry: { retries: 0 },
  });
  try {
    countFetch(Date.now());
    const { body } = await http.request({ url, headers: { accept: '*/*' }, binary: true });
    return cacheCertificates(url, parseCertificates(body));
  } finally {
    await http.close();
  }
}

function parseCertificates(body: string): X509Certificate[] {
  try {
    return readCertificates(Buffer.from(body, 'latin1'));
  } catch {
    throw new RemoteError('malformed', 'What the delivery names as its certificate is none.');
  }
}

function cacheCertificates(url: string, certificates: X509Certificate[]): CachedCertificates {
  const fetchedAt = Date.now();
  const until = Math.min(
    fetchedAt + maxAgeMs,
    ...certificates.map(({ validToDate }) => validToDate.getTime()),
  );
  const entry = { certificates, fetchedAt, until };
  cache.delete(url);
  cache.set(url, entry);
  for (const oldest of cache.keys()) {
    if (cache.size <= maxCached) break;
    cache.delete(oldest);
  }
  return entry;
}

function countFetch(now: number): void {
  fetches = fetches.filter((at) => at > now - 60_000);
  if (fetches.length >= maxFetchesPerMinute)
    throw new RemoteError('transient', 'Too many certificates were asked for within a minute.', {
      unsent: true,
    });
  fetches.push(now);
}
