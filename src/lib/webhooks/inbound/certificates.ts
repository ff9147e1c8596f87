import type { X509Certificate } from 'node:crypto';
import { readCertificates } from '../../platform/certificates.ts';
import { config } from '../../platform/config.ts';
import { createHttpClient } from '../../platform/http/client.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { FetchBudget } from './fetch-budget.ts';

/** How many addresses are known besides the documented ones. */
const maxKnown = 16;
const maxCertificateBytes = 64 * 1024;
const deadlineMs = 5_000;
/** A certificate that was replaced under its address is found after so long at the latest. */
const maxAgeMs = 24 * 3_600_000;
/** How often a known address is asked in a minute, whatever comes in. */
const maxFetchesOfKnown = 10;
/** How many unknown addresses the deliveries to one connection may have asked in a minute. */
const maxFetchesForConnection = 10;

/** What an address answered, and when, in milliseconds since the epoch. */
export interface CertificateFile {
  certificates: readonly X509Certificate[];
  fetchedAt: number;
}

/** The address that a delivery names, and the addresses that may be asked at all. */
export interface CertificateSource {
  url: string;
  hosts: readonly string[];
  /** Addresses that the provider documents, which are known from the start. */
  documented: readonly string[];
}

/*
 * An address becomes known when a signature was verified with what it holds, so that nobody who
 * cannot sign adds one or pushes one out. Known addresses are asked within a budget of their own;
 * unknown ones within a budget of the connection that the delivery was sent to. Forged deliveries
 * therefore delay neither deliveries under known addresses nor those to other connections.
 */
const known = new Map<string, CertificateFile>();
const pendingFetches = new Map<string, Promise<CertificateFile>>();
const knownBudget = new FetchBudget(maxFetchesOfKnown);
const unknownBudget = new FetchBudget(maxFetchesForConnection);

/** Whether an address is documented, or was known by a signature before. */
export function isKnownAddress({ url, documented }: CertificateSource): boolean {
  const key = toKey(url);
  return known.has(key) || documented.some((one) => toKey(one) === key);
}

/**
 * The certificates at an address, from memory while they are valid. Only of these hosts, over
 * https, through the guarded client. `connection` says whose budget a fetch of an unknown address
 * counts against; `newerThanMs`: a file that was fetched longer ago is fetched again. Throws
 * RemoteError, before any call when the host is not one of them.
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

/** Makes an address known: a signature was verified with this file. The least used one goes. */
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
 * Without the query, and without the different ways to write one path: whoever has one genuine
 * delivery can send it on under as many spellings of its address as they like.
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
      // What lies there now counts, even when this delivery turns out to be forged.
      if (isKnown) admitCertificates(source.url, file);
      return file;
    })
    .finally(() => pendingFetches.delete(key));
  pendingFetches.set(key, fetching);
  return fetching;
}

async function fetchFile(
  { url, hosts }: CertificateSource,
  takeFromBudget: () => boolean,
): Promise<CertificateFile> {
  const http = createHttpClient({
    allowedHosts: hosts,
    allowLoopback: config().ALLOW_LOOPBACK_PROVIDERS,
    deadlineMs,
    maxBytes: maxCertificateBytes,
    retry: { retries: 0 },
    gates: [
      {
        enter: () => requireBudget(takeFromBudget),
        leave: () => Promise.resolve(),
      },
    ],
  });
  try {
    const { body } = await http.request({ url, headers: { accept: '*/*' }, binary: true });
    return { certificates: parseCertificates(body), fetchedAt: Date.now() };
  } finally {
    await http.close();
  }
}

function requireBudget(takeFromBudget: () => boolean): Promise<void> {
  if (takeFromBudget()) return Promise.resolve();
  const message = 'Too many certificates were asked for within a minute.';
  return Promise.reject(new RemoteError('transient', message, { unsent: true }));
}

function parseCertificates(body: string): X509Certificate[] {
  try {
    return readCertificates(Buffer.from(body, 'latin1'));
  } catch {
    throw new RemoteError('malformed', 'What the delivery names as its certificate is none.');
  }
}
