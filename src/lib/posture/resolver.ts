import { Resolver } from 'node:dns/promises';
import { getOwn } from '../platform/own.ts';

/**
 * One record of each type that a scan queries. The strings of a TXT record are joined without
 * spaces.
 */
export interface DnsRecordData {
  A: string;
  AAAA: string;
  CNAME: string;
  MX: { host: string; preference: number };
  TXT: string;
}
export type RecordKind = keyof DnsRecordData;

/** Why a query failed. `limit`: the scan had already used up its queries or its time. */
export type DnsFailure = 'timeout' | 'servfail' | 'refused' | 'limit';

/**
 * The outcome of a query. `nodata`: the name exists but has no record of this type. `nxdomain`: the
 * name does not exist.
 */
export type DnsAnswer<Value> =
  | {
      kind: 'records';
      records: Value[];
      /** Seconds; null for the types whose TTL node:dns does not return. */
      ttl: number | null;
    }
  | { kind: 'nodata' }
  | { kind: 'nxdomain' }
  | { kind: 'failed'; reason: DnsFailure };

/** Never rejects: a failure is one of the outcomes. */
export type DnsQuery = <Kind extends RecordKind>(
  name: string,
  kind: Kind,
) => Promise<DnsAnswer<DnsRecordData[Kind]>>;

export interface DnsResolver {
  query: DnsQuery;
  /** Cancels the queries in flight. */
  close(): void;
}

export interface ResolverOptions {
  /** `ip` or `ip:port`; an empty list means the servers of the system. */
  servers: readonly string[];
  /** Bounds one query, including all of its retries. */
  timeoutMs: number;
}

/** How often node:dns sends a query before it gives up. */
const ATTEMPTS = 4;

/**
 * Queries through node:dns, which retries over UDP, switches to TCP for truncated responses and
 * drops responses that match no query. It only returns the TTL of addresses. That is enough,
 * because a posture rarely changes and evidence is kept for a fixed time (scan.ts): exact TTLs
 * would not be worth sockets, retries and spoofing checks of our own.
 */
export function createNodeResolver({ servers, timeoutMs }: ResolverOptions): DnsResolver {
  const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / ATTEMPTS), tries: ATTEMPTS });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    query: (name, kind) =>
      withDeadline(queryByKind[kind](resolver, name).catch(toFailure), timeoutMs),
    close: () => resolver.cancel(),
  };
}

type QueryFunction<Value> = (resolver: Resolver, name: string) => Promise<DnsAnswer<Value>>;

const queryByKind: { [Kind in RecordKind]: QueryFunction<DnsRecordData[Kind]> } = {
  A: async (resolver, name) => toAddressAnswer(await resolver.resolve4(name, { ttl: true })),
  AAAA: async (resolver, name) => toAddressAnswer(await resolver.resolve6(name, { ttl: true })),
  CNAME: async (resolver, name) =>
    toAnswer((await resolver.resolveCname(name)).map(normalizeHostName)),
  MX: async (resolver, name) =>
    toAnswer(
      (await resolver.resolveMx(name)).map(({ exchange, priority }) => ({
        host: normalizeHostName(exchange),
        preference: priority,
      })),
    ),
  TXT: async (resolver, name) =>
    toAnswer((await resolver.resolveTxt(name)).map((strings) => strings.join(''))),
};

function toAnswer<Value>(records: Value[], ttl: number | null = null): DnsAnswer<Value> {
  return records.length > 0 ? { kind: 'records', records, ttl } : { kind: 'nodata' };
}

function toAddressAnswer(found: { address: string; ttl: number }[]): DnsAnswer<string> {
  return toAnswer(
    found.map(({ address }) => address),
    Math.min(...found.map(({ ttl }) => ttl)),
  );
}

/** Lower case, without the trailing dot. */
function normalizeHostName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

const byCode: Record<string, DnsAnswer<never>> = {
  ENODATA: { kind: 'nodata' },
  ENOTFOUND: { kind: 'nxdomain' },
  // A name that cannot be encoded in a query cannot exist.
  EBADNAME: { kind: 'nxdomain' },
  EREFUSED: { kind: 'failed', reason: 'refused' },
  ETIMEOUT: { kind: 'failed', reason: 'timeout' },
  ECONNREFUSED: { kind: 'failed', reason: 'timeout' },
  ECANCELLED: { kind: 'failed', reason: 'timeout' },
};

function toFailure(error: NodeJS.ErrnoException): DnsAnswer<never> {
  return getOwn(byCode, error.code ?? '') ?? { kind: 'failed', reason: 'servfail' };
}

/**
 * Bounds a query with a timer of our own, because the library doubles its timeouts with each retry
 * and shortens them for servers that used to be fast.
 */
async function withDeadline<Value>(
  answer: Promise<DnsAnswer<Value>>,
  timeoutMs: number,
): Promise<DnsAnswer<Value>> {
  const { promise, resolve } = Promise.withResolvers<DnsAnswer<Value>>();
  const timer = setTimeout(() => resolve({ kind: 'failed', reason: 'timeout' }), timeoutMs);
  return Promise.race([answer, promise]).finally(() => clearTimeout(timer));
}
