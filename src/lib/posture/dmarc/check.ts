import { getDomain } from 'tldts';
import { createCheck, error, info, reportUnanswered, warning } from '../findings.ts';
import type { DnsQuery } from '../resolver.ts';
import type { DmarcCheck, Evidence, Finding, Verdict } from '../types.ts';
import { isDmarc, lowerPolicy, type DmarcRecord, type Policy } from './parse.ts';
import { discoverPolicy, type Discovery, type FoundRecord } from './walk.ts';

/** So many places of reports are asked whether they want them. */
const MAX_REPORT_HOSTS = 5;

interface DmarcContext {
  query: DnsQuery;
  /** A name that is not there is under `np`. */
  exists: Evidence['exists'];
  now: () => Date;
}

/** What receivers are asked to do with mail that fails SPF and DKIM (DMARC, RFC 9989). */
export async function checkDmarc(
  domain: string,
  { query, exists, now }: DmarcContext,
): Promise<DmarcCheck> {
  const discovery = await discoverPolicy(domain, query);
  const duplicateFindings = discovery.duplicates.map((at) => reportDuplicates(at));
  if (discovery.failed)
    return {
      ...createCheck(
        'unknown',
        [],
        [...duplicateFindings, reportUnanswered('dmarc.unanswered', 'DMARC', discovery.failed)],
        now,
      ),
      ...emptyResult(),
    };
  if (discovery.applied === null)
    return {
      ...createCheck(
        duplicateFindings.length > 0 ? 'bad' : 'missing',
        [],
        duplicateFindings.length > 0 ? duplicateFindings : [reportMissing()],
        now,
      ),
      ...emptyResult(),
    };
  const { at, record } = discovery.applied;
  const publishedPolicy = selectPublishedPolicy(domain, discovery.applied, exists);
  const policy = record.testing ? lowerPolicy(publishedPolicy) : publishedPolicy;
  const findings = [
    ...duplicateFindings,
    ...reportRecord(record),
    ...reportInheritance(domain, at),
    ...reportPolicy(publishedPolicy, record),
    ...(await checkReportHosts(at, record, query)),
  ];
  const verdict = computeVerdict(domain, discovery, policy);
  return {
    ...createCheck(verdict, [record.text], findings, now),
    foundAt: at,
    policy: record.ignored ? null : policy,
    testing: record.testing,
    reports: record.reports,
  };
}

function emptyResult(): Pick<DmarcCheck, 'foundAt' | 'policy' | 'testing' | 'reports'> {
  return { foundAt: null, policy: null, testing: false, reports: [] };
}

function reportMissing(): Finding {
  return error(
    'dmarc.missing',
    'There is no DMARC record, so that receivers are not told what to do with forged mail. Publish one, at first with p=none and an address for reports.',
  );
}

function reportDuplicates(at: string): Finding {
  return error(
    'dmarc.several_records',
    `There are several DMARC records at _dmarc.${at}, and receivers use none of them. Leave one.`,
  );
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
  return policy === 'none' || applied?.record.testing ? 'weak' : 'good';
}

function reportRecord(record: DmarcRecord): Finding[] {
  const findings: Finding[] = [];
  if (record.ignored)
    findings.push(
      error(
        'dmarc.ignored',
        'The record has no usable policy and no address for reports, so that receivers ignore it. Write p=none, p=quarantine or p=reject.',
      ),
    );
  if (record.recovered)
    findings.push(
      error(
        'dmarc.bad_policy',
        'A policy in the record (p, sp or np) is absent or wrong, so that the record counts as p=none. Write none, quarantine or reject.',
      ),
    );
  if (record.removed.length > 0)
    findings.push(
      info(
        'dmarc.removed_tags',
        `The record has tags that RFC 9989 has removed and new receivers ignore: ${record.removed.join(', ')}.`,
      ),
    );
  if (record.sizeLimit)
    findings.push(
      info(
        'dmarc.size_limit',
        'A report address has a size limit behind "!", which receivers ignore by now.',
      ),
    );
  return findings;
}

function reportInheritance(domain: string, at: string): Finding[] {
  return at === domain
    ? []
    : [info('dmarc.inherited', `The domain has no record of its own: that of ${at} holds for it.`)];
}

function reportPolicy(publishedPolicy: Policy, record: DmarcRecord): Finding[] {
  if (record.ignored || record.recovered) return [];
  if (record.testing && publishedPolicy !== 'none')
    return [
      warning(
        'dmarc.testing',
        `The policy ${publishedPolicy} is being tested (t=y): receivers act as if it were ${lowerPolicy(publishedPolicy)}. Remove t=y when reports look right.`,
      ),
    ];
  if (publishedPolicy === 'none')
    return [
      warning(
        'dmarc.none',
        'The policy is none: receivers deliver forged mail and only report it. Move on to quarantine, then reject.',
      ),
    ];
  return [];
}

/** RFC 9990: whoever gets another organization's reports must say that it wants them. */
async function checkReportHosts(
  at: string,
  { reports, ignored }: DmarcRecord,
  query: DnsQuery,
): Promise<Finding[]> {
  if (ignored) return [];
  if (reports.length === 0)
    return [
      info(
        'dmarc.no_reports',
        'Nobody gets reports (rua), so that forged mail and mistakes go unseen. Add an address.',
      ),
    ];
  const hosts = reports.flatMap(
    (uri) => /^mailto:[^@]+@(.+)$/i.exec(uri)?.[1]?.toLowerCase() ?? [],
  );
  const foreign = [...new Set(hosts)]
    .filter((host) => toOrganizationalDomain(host) !== toOrganizationalDomain(at))
    .slice(0, MAX_REPORT_HOSTS);
  const answers = await Promise.all(
    foreign.map(async (host) => ({
      host,
      answer: await query(`${at}._report._dmarc.${host}`, 'TXT'),
    })),
  );
  return answers.flatMap(({ host, answer }) => {
    if (answer.kind === 'failed')
      return [
        reportUnanswered(
          'dmarc.reports_unanswered',
          `Whether ${host} takes the reports`,
          answer.reason,
        ),
      ];
    const wanted = answer.kind === 'records' && answer.records.some(isDmarc);
    return wanted
      ? []
      : [
          warning(
            'dmarc.reports_not_wanted',
            `Reports go to ${host}, which does not say that it wants them, so that nobody sends any. It has to publish ${at}._report._dmarc.${host}.`,
          ),
        ];
  });
}

function toOrganizationalDomain(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}
