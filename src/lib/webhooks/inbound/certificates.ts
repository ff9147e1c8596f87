import type { X509Certificate } from 'node:crypto';
import { readCertificates } from '../../platform/certificates.ts';
import { config } from '../../platform/config.ts';
import { createHttpClient, type OwnedHttpClient } from '../../platform/http/client.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import type { Gate } from '../../platform/http/types.ts';
import { FetchBudget } from './fetch-budget.ts';
import { addIssuers } from './issuers.ts';
import { getTrustedCertificates } from './trust.ts';

/** The most known addresses besides the documented ones. */
const maxKnown = 16;
const maxCertificateBytes = 64 * 1024;
const deadlineMs = 5_000;
/**
 * How long a certificate stays cached at most, so that one that was replaced at its address is
 * noticed.
 */
const maxAgeMs = 24 * 3_600_000;
/** The most requests to one known address in one minute. */
const maxFetchesOfKnown = 10;
/**
 * The most requests to unknown addresses in one minute, for each connection that deliveries name.
 */
const maxFetchesForConnection = 10;

/** The certificates at an address, and when they were fetched, in milliseconds since 1970. */
export interface CertificateFile {
  certificates: readonly X509Certificate[];
  fetchedAt: number;
}

/** The address of a delivery's certificate, and the hosts that may be requested. */
export interface CertificateSource {
  url: string;
  hosts: readonly string[];
  /** Hosts that issuers' certificates are fetched from when the file leaves them out. */
  issuerHosts: readonly string[];
  /** Addresses that the provider documents; they are known from the start. */
  documented: readonly string[];
}

/*
 * An address becomes known when a certificate there has verified a signature, so that only genuine
 * deliveries can add an address or evict one. Requests to a known address count against its own
 * budget, those to unknown addresses against the budget of the connection that the delivery names.
 * Forged deliveries therefore delay neither deliveries with known addresses nor those to other
 * connections.
 */
const known = new Map<string, CertificateFile>();
const pendingFetches = new Map<string, Promise<CertificateFile>>();
const knownBudget = new FetchBudget(maxFetchesOfKnown);
const unknownBudget = new FetchBudget(maxFetchesForConnection);

/** Whether an address is documented, or has become known by a signature. */
export function isKnownAddress({ url, documented }: CertificateSource): boolean {
  const key = toKey(url);
  return known.has(key) || documented.some((one) => toKey(one) === key);
}

/**
 * Returns the certificates at an address, from the cache while they are valid. They are requested
 * over https, and only from the given hosts. A request to an unknown address counts against the
 * budget of `connection`. With `newerThanMs`, cached ones that were fetched longer ago are
 * requested again. Throws RemoteError; for another host before any request is sent.
 */
export async function getCertificates(
  source: CertificateSource,
  connection: string,
  newerThanMs = maxAgeMs,
): Promise<CertificateFile> {
  const key = toKey(source.url);
  const file = known.get(key);
  if (file !== undefined && Date.now() < expiresAt(file, newerThanMs)) return file;
  const fetching = pendingFetches.get(key) ?? startFetch(source, key, connection);
  return await fetching;
}

/**
 * Makes an address known after this file verified a signature, and forgets the least recently used
 * one when there are too many.
 */
export function admitCertificates(url: string, file: CertificateFile): void {
  const key = toKey(url);
  known.delete(key);
  known.set(key, file);
  for (const leastUsed of known.keys()) {
    if (known.size <= maxKnown) break;
    known.delete(leastUsed);
  }
}

/** Forgets all addresses and budgets, as a new process would. */
export function resetCertificates(): void {
  known.clear();
  knownBudget.reset();
  unknownBudget.reset();
}

/**
 * The address without its query and with one spelling of its path. Otherwise whoever has one
 * genuine delivery could repeat it under any number of spellings, each of which would become known.
 */
function toKey(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return origin + decodePath(pathname).replaceAll(/\/+/g, '/');
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function expiresAt({ certificates, fetchedAt }: CertificateFile, newerThanMs: number): number {
  const ends = certificates.map(({ validToDate }) => validToDate.getTime());
  return Math.min(fetchedAt + Math.min(newerThanMs, maxAgeMs), ...ends);
}

function startFetch(
  source: CertificateSource,
  key: string,
  connection: string,
): Promise<CertificateFile> {
  const isKnown = isKnownAddress(source);
  const fetching = fetchFile(source, () =>
    isKnown ? knownBudget.take(key) : unknownBudget.take(connection),
  )
    .then((file) => {
      // The current file counts, even when this delivery turns out to be forged.
      if (isKnown) admitCertificates(source.url, file);
      return file;
    })
    .finally(() => pendingFetches.delete(key));
  pendingFetches.set(key, fetching);
  return fetching;
}

async function fetchFile(
  { url, hosts, issuerHosts }: CertificateSource,
  takeFromBudget: () => boolean,
): Promise<CertificateFile> {
  const http = openClient(hosts, [
    { enter: () => requireBudget(takeFromBudget), leave: () => Promise.resolve() },
  ]);
  const issuers = openClient(issuerHosts);
  try {
    const { body } = await http.request({ url, headers: { accept: '*/*' }, binary: true });
    const file = parseCertificates(body);
    const certificates = await addIssuers(issuers, file, getTrustedCertificates());
    return { certificates, fetchedAt: Date.now() };
  } finally {
    await Promise.all([http.close(), issuers.close()]);
  }
}

function openClient(allowedHosts: readonly string[], gates: readonly Gate[] = []): OwnedHttpClient {
  return createHttpClient({
    allowedHosts,
    allowLoopback: config().ALLOW_LOOPBACK_PROVIDERS,
    deadlineMs,
    maxBytes: maxCertificateBytes,
    retry: { retries: 0 },
    gates,
  });
}

function requireBudget(takeFromBudget: () => boolean): Promise<void> {
  if (takeFromBudget()) return Promise.resolve();
  const message = 'Too many certificates were requested within a minute.';
  return Promise.reject(new RemoteError('transient', message, { unsent: true }));
}

function parseCertificates(body: string): X509Certificate[] {
  try {
    return readCertificates(Buffer.from(body, 'latin1'));
  } catch {
    throw new RemoteError('malformed', 'The address of the certificate returned none.');
  }
}
