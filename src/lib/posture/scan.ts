import type { HttpClient } from '../platform/http/types.ts';
import { checkDkim } from './dkim/check.ts';
import { checkDmarc } from './dmarc/check.ts';
import { parseMailDomain } from './domain.ts';
import { checkBimi, checkTlsRpt } from './tls-rpt-bimi.ts';
import { createCheck, reportUnanswered } from './findings.ts';
import { checkMtaSts } from './mta-sts.ts';
import { checkMx } from './mx/check.ts';
import { limitQueries, type ScanLimits } from './query-limit.ts';
import type { DnsQuery, DnsAnswer, DnsResolver, DnsFailure } from './resolver.ts';
import { checkSpf } from './spf/check.ts';
import type { Check, DkimCheck, DmarcCheck, Evidence, MxCheck, SpfCheck } from './types.ts';

export interface ScanContext {
  resolver: Pick<DnsResolver, 'query'>;
  /**
   * Fetches the MTA-STS policy; must allow https to mta-sts.<domain> and nothing else. Without one
   * the policy stays unknown.
   */
  http?: HttpClient | undefined;
  now?: () => Date;
  limits?: ScanLimits;
}

/** A posture changes seldom; what had no answer is asked again soon. */
const TTL_SECONDS = 24 * 60 * 60;
const PARTIAL_TTL_SECONDS = 60 * 60;

/**
 * Looks at the mail posture of a domain from outside, by DNS questions only (but for the MTA-STS
 * policy): some 60 of them, never more than `limits` allows. It takes a second as a rule, and half
 * a minute at most when name servers are silent.
 * @throws Problem bad_request when the text is no domain name; failures of name servers are
 * verdicts of `unknown`
 */
export async function scanDomain(
  text: string,
  { resolver, http, now = () => new Date(), limits }: ScanContext,
): Promise<Evidence> {
  const domain = parseMailDomain(text);
  const query = limitQueries(resolver.query, limits);
  const first = await Promise.all([query(domain, 'MX'), query(domain, 'TXT'), query(domain, 'A')]);
  const exists = domainExists(first);
  // When not one of the first questions had an answer, further ones would only wait.
  const failureReason =
    first.every((answer) => answer.kind === 'failed') && first[0].kind === 'failed'
      ? first[0].reason
      : null;
  const checks =
    failureReason === null
      ? await runChecks(domain, { query, http, exists, now })
      : createUnknownChecks(failureReason, now);
  const isPartial = Object.values(checks).some(({ findings }) =>
    findings.some(({ code }) => code.endsWith('unanswered')),
  );
  const ttlSeconds = isPartial ? PARTIAL_TTL_SECONDS : TTL_SECONDS;
  return { version: 1, domain, scannedAt: now().toISOString(), exists, ...checks, ttlSeconds };
}

function domainExists(answers: readonly DnsAnswer<unknown>[]): Evidence['exists'] {
  if (answers.some(({ kind }) => kind === 'records' || kind === 'nodata')) return true;
  return answers.some(({ kind }) => kind === 'nxdomain') ? false : 'unknown';
}

type Checks = Pick<Evidence, 'mx' | 'spf' | 'dkim' | 'dmarc' | 'mtaSts' | 'tlsRpt' | 'bimi'>;

async function runChecks(
  domain: string,
  {
    query,
    http,
    exists,
    now,
  }: { query: DnsQuery; http: HttpClient | undefined; exists: Evidence['exists']; now: () => Date },
): Promise<Checks> {
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

/** Below a name that is not there, nothing is (RFC 8020). */
function createMissingDkim(now: () => Date): DkimCheck {
  return { ...createCheck('missing', [], [], now), selectors: [] };
}

function createUnknownChecks(reason: DnsFailure, now: () => Date): Checks {
  const unknown = (key: string, what: string): Check =>
    createCheck('unknown', [], [reportUnanswered(`${key}.unanswered`, what, reason)], now);
  const mx: MxCheck = {
    ...unknown('mx', 'The mail servers (MX)'),
    hosts: [],
    nullMx: false,
    gateway: null,
    provider: null,
    certainty: 'unknown',
  };
  const spf: SpfCheck = {
    ...unknown('spf', 'SPF'),
    lookups: 0,
    voidLookups: 0,
    all: null,
    includes: [],
  };
  const dkim: DkimCheck = { ...unknown('dkim', 'DKIM'), selectors: [] };
  const dmarc: DmarcCheck = {
    ...unknown('dmarc', 'DMARC'),
    foundAt: null,
    policy: null,
    testing: false,
    reports: [],
  };
  return {
    mx,
    spf,
    dkim,
    dmarc,
    mtaSts: { ...unknown('mta_sts', 'MTA-STS'), mode: null },
    tlsRpt: unknown('tls_rpt', 'TLS reporting'),
    bimi: unknown('bimi', 'BIMI'),
  };
}
