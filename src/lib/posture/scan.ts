import type { HttpClient } from '../platform/http/types.ts';
import { checkDkim } from './dkim/check.ts';
import { checkDmarc } from './dmarc/check.ts';
import { parseMailDomain } from './domain.ts';
import { conclude, createCheck, reportUnanswered } from './findings.ts';
import { checkMtaSts } from './mta-sts.ts';
import { checkMx } from './mx/check.ts';
import { limitQueries, type ScanLimits } from './query-limit.ts';
import type { DnsQuery, DnsAnswer, DnsResolver, DnsFailure } from './resolver.ts';
import { checkSpf } from './spf/check.ts';
import { checkBimi, checkTlsRpt } from './tls-rpt-bimi.ts';
import type { Check, DkimCheck, Evidence } from './types.ts';

export interface ScanContext {
  resolver: Pick<DnsResolver, 'query'>;
  /**
   * Fetches the MTA-STS policy; it must only allow https to mta-sts.<domain>. Without a client the
   * policy stays unknown.
   */
  http?: HttpClient | undefined;
  now?: () => Date;
  limits?: ScanLimits;
}

/** How long evidence is good for: a posture rarely changes. */
const TTL_SECONDS = 24 * 60 * 60;
/** The same when a query failed, so that it is repeated soon. */
const PARTIAL_TTL_SECONDS = 60 * 60;

/**
 * Scans the mail posture of a domain from outside. Apart from the MTA-STS policy it only sends DNS
 * queries: about 60, and never more than `limits` allows. A scan usually takes a second, and half a
 * minute at most when name servers do not respond. Failed queries lead to the verdict `unknown`.
 * @throws Problem bad_request when the text is not a domain name
 */
export async function scanDomain(
  text: string,
  { resolver, http, now = () => new Date(), limits }: ScanContext,
): Promise<Evidence> {
  const domain = parseMailDomain(text);
  const query = limitQueries(resolver.query, limits);
  const first = await Promise.all([query(domain, 'MX'), query(domain, 'TXT'), query(domain, 'A')]);
  const exists = domainExists(first);
  const failureReason = findCommonFailure(first);
  const checks =
    failureReason === null
      ? await runChecks(domain, { query, http, exists, now })
      : createUnknownChecks(failureReason, now);
  const ttlSeconds = isPartial(checks) ? PARTIAL_TTL_SECONDS : TTL_SECONDS;
  return { version: 1, domain, scannedAt: now().toISOString(), exists, ...checks, ttlSeconds };
}

function domainExists(answers: readonly DnsAnswer<unknown>[]): Evidence['exists'] {
  if (answers.some(({ kind }) => kind === 'records' || kind === 'nodata')) return true;
  return answers.some(({ kind }) => kind === 'nxdomain') ? false : 'unknown';
}

/** When all of the first queries fail, further ones would only wait for nothing. */
function findCommonFailure(answers: readonly DnsAnswer<unknown>[]): DnsFailure | null {
  const [first] = answers;
  const allFailed = answers.every((answer) => answer.kind === 'failed');
  return allFailed && first?.kind === 'failed' ? first.reason : null;
}

type Checks = Pick<Evidence, 'mx' | 'spf' | 'dkim' | 'dmarc' | 'mtaSts' | 'tlsRpt' | 'bimi'>;

function isPartial(checks: Checks): boolean {
  return Object.values(checks).some(({ findings }) =>
    findings.some(({ code }) => code.endsWith('unanswered')),
  );
}

interface CheckContext {
  query: DnsQuery;
  http: HttpClient | undefined;
  exists: Evidence['exists'];
  now: () => Date;
}

async function runChecks(domain: string, context: CheckContext): Promise<Checks> {
  const { query, http, exists, now } = context;
  const [spf, dkim, dmarc] = await Promise.all([
    checkSpf(domain, { query, now }),
    exists === false ? createMissingDkim(now) : checkDkim(domain, { query, now }),
    checkDmarc(domain, { query, exists, now }),
  ]);
  const mx = await checkMx(domain, { query, spf, now });
  const [mtaSts, tlsRpt, bimi] = await Promise.all([
    checkMtaSts(domain, { query, http, mx, now }),
    checkTlsRpt(domain, { query, mx, now }),
    checkBimi(domain, { query, dmarc, now }),
  ]);
  return { mx, spf, dkim, dmarc, mtaSts, tlsRpt, bimi };
}

/** Below a name that does not exist there are no names (RFC 8020). */
function createMissingDkim(now: () => Date): DkimCheck {
  return { ...createCheck(conclude('missing', []), now), selectors: [] };
}

function createUnknownChecks(reason: DnsFailure, now: () => Date): Checks {
  const unknown = (key: string, what: string): Check =>
    createCheck(conclude('unknown', [], reportUnanswered(`${key}.unanswered`, what, reason)), now);
  return {
    mx: { ...unknown('mx', 'The mail servers (MX)'), ...unknownMx },
    spf: { ...unknown('spf', 'SPF'), lookups: 0, voidLookups: 0, all: null, includes: [] },
    dkim: { ...unknown('dkim', 'DKIM'), selectors: [] },
    dmarc: { ...unknown('dmarc', 'DMARC'), ...unknownDmarc },
    mtaSts: { ...unknown('mta_sts', 'MTA-STS'), mode: null },
    tlsRpt: unknown('tls_rpt', 'TLS reporting'),
    bimi: unknown('bimi', 'BIMI'),
  };
}

const unknownMx = {
  hosts: [],
  nullMx: false,
  gateway: null,
  provider: null,
  certainty: 'unknown',
} as const satisfies Partial<Evidence['mx']>;

const unknownDmarc = {
  foundAt: null,
  policy: null,
  testing: false,
  reports: [],
} as const satisfies Partial<Evidence['dmarc']>;
