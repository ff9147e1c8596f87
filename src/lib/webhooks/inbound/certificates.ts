import type { X509Certificate } from 'node:crypto';
import { readCertificates } from '../../platform/certificates.ts';
import { config } from '../../platform/config.ts';
import { createHttpClient } from '../../platform/http/client.ts';
import { RemoteError } from '../../platform/http/errors.ts';

const mostKept = 16;
const mostBytes = 64 * 1024;
const deadlineMs = 5_000;
/** A certificate that was replaced under its address is found after so long at the latest. */
const longestMs = 24 * 3_600_000;
/** How many addresses are asked in a minute: senders choose them. */
const mostFetches = 20;

interface Kept {
  certificates: readonly X509Certificate[];
  fetchedAt: number;
  until: number;
}

const kept = new Map<string, Kept>();
const underWay = new Map<string, Promise<Kept>>();
let fetches: number[] = [];

/**
 * The certificates at an address, from memory while they are valid. Only of these hosts, over
 * https, through the guarded client. `newerThanMs`: one that was fetched longer ago is fetched
 * again. Throws RemoteError, before any call when the host is not one of them.
 */
export async function certificatesAt(
  url: string,
  hosts: readonly string[],
  newerThanMs = Number.POSITIVE_INFINITY,
): Promise<readonly X509Certificate[]> {
  const known = kept.get(url);
  const now = Date.now();
  if (known !== undefined && now < known.until && now - known.fetchedAt <= newerThanMs)
    return known.certificates;
  const asking = underWay.get(url) ?? fetched(url, hosts).finally(() => underWay.delete(url));
  underWay.set(url, asking);
  return (await asking).certificates;
}

async function fetched(url: string, hosts: readonly string[]): Promise<Kept> {
  const http = createHttpClient({
    allowedHosts: hosts,
    allowLoopback: config().ALLOW_LOOPBACK_PROVIDERS,
    deadlineMs,
    maxBytes: mostBytes,
    retry: { retries: 0 },
  });
  try {
    countFetch(Date.now());
    const { body } = await http.request({ url, headers: { accept: '*/*' }, binary: true });
    return keep(url, parsed(body));
  } finally {
    await http.close();
  }
}

function parsed(body: string): X509Certificate[] {
  try {
    return readCertificates(Buffer.from(body, 'latin1'));
  } catch {
    throw new RemoteError('malformed', 'What the delivery names as its certificate is none.');
  }
}

function keep(url: string, certificates: X509Certificate[]): Kept {
  const fetchedAt = Date.now();
  const until = Math.min(
    fetchedAt + longestMs,
    ...certificates.map(({ validToDate }) => validToDate.getTime()),
  );
  const entry = { certificates, fetchedAt, until };
  kept.delete(url);
  kept.set(url, entry);
  for (const oldest of kept.keys()) {
    if (kept.size <= mostKept) break;
    kept.delete(oldest);
  }
  return entry;
}

function countFetch(now: number): void {
  fetches = fetches.filter((at) => at > now - 60_000);
  if (fetches.length >= mostFetches)
    throw new RemoteError('transient', 'Too many certificates were asked for within a minute.', {
      unsent: true,
    });
  fetches.push(now);
}
