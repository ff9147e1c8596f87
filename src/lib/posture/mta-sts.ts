import type { HttpClient } from '../platform/http/types.ts';
import { RemoteError } from '../platform/http/errors.ts';
import {
  conclude,
  concludeWithoutRecord,
  createCheck,
  error,
  getRecords,
  info,
  warning,
  type Conclusion,
} from './findings.ts';
import type { DnsQuery } from './resolver.ts';
import { describeNearMiss, findDuplicateTags, findNearMiss, parseTags } from './tags.ts';
import type { Evidence, Finding, MxCheck } from './types.ts';

type MtaSts = Evidence['mtaSts'];
type Mode = NonNullable<MtaSts['mode']>;

export interface StsPolicy {
  mode: Mode;
  hosts: string[];
  /** Seconds. */
  maxAge: number;
}

interface StsContext {
  query: DnsQuery;
  http: HttpClient | undefined;
  mx: MxCheck;
  now: () => Date;
}

type StsConclusion = Conclusion & { mode?: Mode };

/** A message names at most this many hosts that the policy leaves out. */
const MAX_NAMED_HOSTS = 5;

/** Where a domain publishes its policy (RFC 8461, section 3.3). Nothing else is ever fetched. */
export const toPolicyHost = (domain: string): string => `mta-sts.${domain}`;

const toPolicyUrl = (domain: string): string =>
  `https://${toPolicyHost(domain)}/.well-known/mta-sts.txt`;

/** Whether senders must use TLS (MTA-STS, RFC 8461). Without `http` only the record is read. */
export async function checkMtaSts(domain: string, context: StsContext): Promise<MtaSts> {
  const { mode = null, ...conclusion } = await concludeMtaSts(domain, context);
  return { ...createCheck(conclusion, context.now), mode };
}

async function concludeMtaSts(
  domain: string,
  { query, http, mx }: StsContext,
): Promise<StsConclusion> {
  const answer = await query(`_mta-sts.${domain}`, 'TXT');
  const early = concludeWithoutRecord(answer, mx, { code: 'mta_sts.unanswered', what: 'MTA-STS' });
  if (early !== undefined) return early;
  const records = getRecords(answer).filter(isSts);
  const [text, ...others] = records;
  if (text === undefined)
    return conclude('missing', [], reportMissing(findNearMiss(getRecords(answer), 'STSv1', isSts)));
  if (others.length > 0 || !hasPolicyId(text)) return conclude('bad', records, reportBadRecord());
  if (http === undefined) return conclude('unknown', [text], reportNotFetched());
  return concludePolicy(text, await fetchPolicy(domain, http), { domain, mx });
}

const isSts = (text: string): boolean => /^v=STSv1\s*(;|$)/.test(text);

function hasPolicyId(text: string): boolean {
  return (
    findDuplicateTags(text).length === 0 &&
    /^[a-z0-9]{1,32}$/i.test(parseTags(text).get('id') ?? '')
  );
}

type FetchFailure = 'absent' | 'unreadable' | 'unknown';

async function fetchPolicy(domain: string, http: HttpClient): Promise<StsPolicy | FetchFailure> {
  try {
    const { body } = await http.request({
      url: toPolicyUrl(domain),
      headers: { accept: 'text/plain' },
    });
    return parseStsPolicy(body) ?? 'unreadable';
  } catch (failure) {
    if (failure instanceof RemoteError) return classifyFetchFailure(failure);
    throw failure;
  }
}

/** Without a status, nobody responded or the address is one that must not be requested. */
function classifyFetchFailure({ kind, status }: RemoteError): FetchFailure {
  if (kind === 'malformed') return 'unreadable';
  return kind === 'gone' || (kind !== 'transient' && status !== undefined) ? 'absent' : 'unknown';
}

/** About a year, in seconds; the longest that a policy may ask for (RFC 8461, section 3.2). */
const MAX_AGE = 31_557_600;

/** A host name, whose first label may be "*" and no other (RFC 8461, sections 3.2 and 4.1). */
const isHostPattern = (pattern: string): boolean =>
  /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(pattern);

/** Reads a policy; null when receivers could not read it either. Never throws. */
export function parseStsPolicy(text: string): StsPolicy | null {
  const pairs = text
    .split(/\r?\n/)
    .map((line) => line.split(/:(.*)/s, 2).map((part) => part.trim()));
  const getValue = (name: string) => pairs.find(([key]) => key === name)?.[1];
  const mode = (['enforce', 'testing', 'none'] as const).find(
    (known) => known === getValue('mode'),
  );
  const hosts = pairs.flatMap(([key, value = '']) => (key === 'mx' ? [value.toLowerCase()] : []));
  const maxAge = /^\d{1,10}$/.test(getValue('max_age') ?? '') ? Number(getValue('max_age')) : null;
  if (getValue('version') !== 'STSv1' || mode === undefined || maxAge === null) return null;
  if (maxAge > MAX_AGE || !hosts.every(isHostPattern)) return null;
  return mode !== 'none' && hosts.length === 0 ? null : { mode, hosts, maxAge };
}

function concludePolicy(
  text: string,
  policy: StsPolicy | FetchFailure,
  { domain, mx }: { domain: string; mx: MxCheck },
): StsConclusion {
  if (typeof policy !== 'string') return { ...evaluatePolicy(text, policy, mx), mode: policy.mode };
  const verdict = policy === 'unknown' ? 'unknown' : 'bad';
  return conclude(verdict, [text], fetchFailureReports[policy](toPolicyUrl(domain)));
}

function evaluatePolicy(text: string, { mode, hosts }: StsPolicy, mx: MxCheck): Conclusion {
  const records = [text, `mode: ${mode}, mx: ${hosts.join(' ')}`];
  const uncovered = mx.hosts
    .map(({ host }) => host)
    .filter((host) => !hosts.some((pattern) => matchesHost(pattern, host)));
  if (mode === 'none') return conclude('weak', records, reportSwitchedOff());
  if (mx.verdict === 'unknown') return conclude('unknown', records, reportHostsUnknown());
  if (uncovered.length > 0) return conclude('bad', records, reportUncovered(uncovered));
  return mode === 'testing'
    ? conclude('weak', records, reportTesting())
    : conclude('good', records);
}

/** `*.` stands for exactly one label. */
function matchesHost(pattern: string, host: string): boolean {
  return pattern.startsWith('*.')
    ? host.slice(host.indexOf('.')) === pattern.slice(1)
    : pattern === host;
}

const reportMissing = (nearMiss: string | undefined) =>
  info(
    'mta_sts.missing',
    'There is no MTA-STS record, so senders may fall back to unencrypted delivery.' +
      describeNearMiss(nearMiss, 'v=STSv1;'),
  );

const reportBadRecord = () =>
  error(
    'mta_sts.bad_record',
    'MTA-STS needs exactly one record with an id, so senders ignore what is published. ' +
      'Correct the record at _mta-sts.',
  );

const reportNotFetched = () =>
  info('mta_sts.not_fetched', 'The policy that the record announces was not fetched.');

const fetchFailureReports: Record<FetchFailure, (url: string) => Finding> = {
  absent: (url) =>
    error(
      'mta_sts.no_policy',
      `The record announces a policy, but there is none at ${url}. Publish the policy there.`,
    ),
  unreadable: (url) =>
    error(
      'mta_sts.bad_policy',
      `The file at ${url} is not a policy that senders can read, or the address redirects. ` +
        'Correct it.',
    ),
  unknown: (url) =>
    info(
      'mta_sts.not_reached',
      `The policy at ${url} could not be fetched. The result is unknown until the next scan.`,
    ),
};

const reportSwitchedOff = () => info('mta_sts.none', 'The policy is switched off (mode none).');

const reportHostsUnknown = () =>
  info(
    'mta_sts.hosts_unknown',
    'Whether the policy covers the mail servers is unknown because the MX lookup failed.',
  );

const reportUncovered = (hosts: readonly string[]) =>
  error(
    'mta_sts.uncovered',
    `The policy does not list the mail servers ${hosts.slice(0, MAX_NAMED_HOSTS).join(', ')}, ` +
      'so senders that follow it cannot deliver there. Add them to the policy.',
  );

const reportTesting = () =>
  warning(
    'mta_sts.testing',
    'The policy is in testing mode: senders report problems but deliver anyway. ' +
      'Change the mode to enforce.',
  );
