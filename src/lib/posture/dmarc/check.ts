import { getDomain } from 'tldts';
import { conclude, createCheck, reportUnanswered, type Conclusion } from '../findings.ts';
import type { DnsQuery } from '../resolver.ts';
import type { DmarcCheck, Evidence, Finding, Verdict } from '../types.ts';
import {
  noReports,
  reportDuplicates,
  reportInheritance,
  reportMissing,
  reportPolicy,
  reportRecord,
  reportUnauthorizedReports,
} from './findings.ts';
import { isDmarc, lowerPolicy, type DmarcRecord, type Policy } from './parse.ts';
import { discoverPolicy, type Discovery, type FoundRecord } from './walk.ts';

/** Report destinations that are looked up; the rest is not checked. */
const MAX_REPORT_HOSTS = 5;

interface DmarcContext {
  query: DnsQuery;
  /** A domain that does not exist falls under `np`. */
  exists: Evidence['exists'];
  now: () => Date;
}

/** What receivers are asked to do with mail that fails SPF and DKIM (DMARC, RFC 9989). */
export async function checkDmarc(
  domain: string,
  { query, exists, now }: DmarcContext,
): Promise<DmarcCheck> {
  const discovery = await discoverPolicy(domain, query);
  const duplicates = discovery.duplicates.map(reportDuplicates);
  if (discovery.applied === null)
    return {
      ...createCheck(concludeWithoutRecord(discovery, duplicates), now),
      ...createEmptyResult(),
    };
  const { at, record } = discovery.applied;
  const published = selectPublishedPolicy(domain, discovery.applied, exists);
  const policy = record.testing ? lowerPolicy(published) : published;
  const findings = [
    ...duplicates,
    ...reportRecord(record),
    ...reportInheritance(domain, at),
    ...reportPolicy(published, record),
    ...(await checkReportHosts(at, record, query)),
  ];
  const verdict = computeVerdict(domain, discovery, policy);
  return {
    ...createCheck(conclude(verdict, [record.text], ...findings), now),
    foundAt: at,
    policy: record.ignored ? null : policy,
    testing: record.testing,
    reports: record.reports,
  };
}

function concludeWithoutRecord({ failed, nearMiss }: Discovery, duplicates: Finding[]): Conclusion {
  if (failed)
    return conclude(
      'unknown',
      [],
      ...duplicates,
      reportUnanswered('dmarc.unanswered', 'DMARC', failed),
    );
  return duplicates.length > 0
    ? conclude('bad', [], ...duplicates)
    : conclude('missing', [], reportMissing(nearMiss));
}

function createEmptyResult(): Pick<DmarcCheck, 'foundAt' | 'policy' | 'testing' | 'reports'> {
  return { foundAt: null, policy: null, testing: false, reports: [] };
}

function selectPublishedPolicy(
  domain: string,
  { at, record }: FoundRecord,
  exists: Evidence['exists'],
): Policy {
  if (at === domain) return record.policy;
  return exists === false ? record.absent : record.subdomains;
}

function computeVerdict(
  domain: string,
  { applied, duplicates }: Discovery,
  policy: Policy,
): Verdict {
  if (applied?.record.ignored || duplicates.includes(domain)) return 'bad';
  const isDoubtful = applied?.record.testing || (applied?.record.duplicates.length ?? 0) > 0;
  return policy === 'none' || isDoubtful ? 'weak' : 'good';
}

/** RFC 9990: a host outside the organization must publish that it accepts the reports. */
async function checkReportHosts(
  at: string,
  { reports, ignored }: DmarcRecord,
  query: DnsQuery,
): Promise<Finding[]> {
  if (ignored) return [];
  if (reports.length === 0) return [noReports];
  const hosts = listForeignHosts(at, reports).slice(0, MAX_REPORT_HOSTS);
  const findings = await Promise.all(hosts.map((host) => checkReportHost(at, host, query)));
  return findings.flat();
}

function listForeignHosts(at: string, reports: readonly string[]): string[] {
  const hosts = reports.flatMap(
    (uri) => /^mailto:[^@]+@(.+)$/i.exec(uri)?.[1]?.toLowerCase() ?? [],
  );
  const own = toOrganizationalDomain(at);
  return [...new Set(hosts)].filter((host) => toOrganizationalDomain(host) !== own);
}

async function checkReportHost(at: string, host: string, query: DnsQuery): Promise<Finding[]> {
  const name = `${at}._report._dmarc.${host}`;
  const answer = await query(name, 'TXT');
  if (answer.kind === 'failed')
    return [
      reportUnanswered(
        'dmarc.reports_unanswered',
        `The agreement of ${host} to receive reports`,
        answer.reason,
      ),
    ];
  const isAuthorized = answer.kind === 'records' && answer.records.some(isDmarc);
  return isAuthorized ? [] : [reportUnauthorizedReports(host, name)];
}

function toOrganizationalDomain(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}
