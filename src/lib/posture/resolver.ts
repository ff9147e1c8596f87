import { Resolver } from 'node:dns/promises';

/**
 * One record of each kind that a scan asks for. The strings of a TXT record are joined without a
 * space.
 */
export interface DnsRecordData {
  A: string;
  AAAA: string;
  CNAME: string;
  MX: { host: string; preference: number };
  TXT: string;
}
export type RecordKind = keyof DnsRecordData;

/** Why a question has no answer. `limit`: the scan had used up its questions or its time. */
export type DnsFailure = 'timeout' | 'servfail' | 'refused' | 'limit';

/**
 * The name server's word on a question. `nodata`: the name is there, without such records.
 * `nxdomain`: there is no such name.
 */
export type DnsAnswer<Value> =
  | {
      kind: 'records';
      records: Value[];
      /** Seconds; null where node:dns does not tell. */ ttl: number | null;
    }
  | { kind: 'nodata' }
  | { kind: 'nxdomain' }
  | { kind: 'failed'; reason: DnsFailure };

/** Never rejects: that nobody answered is an answer too. */
export type DnsQuery = <Kind extends RecordKind>(
  name: string,
  kind: Kind,
) => Promise<DnsAnswer<DnsRecordData[Kind]>>;

export interface DnsResolver {
  query: DnsQuery;
  /** Gives up on the questions under way. */
  close(): void;
}

export interface ResolverOptions {
  /** `ip` or `ip:port`; none means those of the system. */
  servers: readonly string[];
  /** For one question with all its tries. */
  timeoutMs: number;
}

const ATTEMPTS = 4;

/**
 * Asks by node:dns, which repeats over UDP, goes on over TCP when an answer was cut, and drops
 * answers to questions that were not asked. It tells times to live of addresses only. That is
 * enough: a posture changes seldom, so that evidence keeps for a fixed day (scan.ts), which does
 * not outweigh sockets, tries and spoofing checks of our own.
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

/** Lower case, without the dot of the root. */
function normalizeHostName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

const byCode: Record<string, DnsAnswer<never>> = {
  ENODATA: { kind: 'nodata' },
  ENOTFOUND: { kind: 'nxdomain' },
  // A name that cannot be written into a question cannot exist.
  EBADNAME: { kind: 'nxdomain' },
  EREFUSED: { kind: 'failed', reason: 'refused' },
  ETIMEOUT: { kind: 'failed', reason: 'timeout' },
  ECONNREFUSED: { kind: 'failed', reason: 'timeout' },
  ECANCELLED: { kind: 'failed', reason: 'timeout' },
};

function toFailure(error: NodeJS.ErrnoException): DnsAnswer<never> {
  return byCode[error.code ?? ''] ?? { kind: 'failed', reason: 'servfail' };
}

/**
 * The library doubles its waits, and shortens them for servers that used to be quick: only a clock
 * of our own bounds a question.
 */
async function withDeadline<Value>(
  answer: Promise<DnsAnswer<Value>>,
  timeoutMs: number,
): Promise<DnsAnswer<Value>> {
  const { promise, resolve } = Promise.withResolvers<DnsAnswer<Value>>();
  const timer = setTimeout(() => resolve({ kind: 'failed', reason: 'timeout' }), timeoutMs);
  return Promise.race([answer, promise]).finally(() => clearTimeout(timer));
}
