import { getDomain } from 'tldts';
import { check, error, info, unanswered, warning } from '../findings.ts';
import type { Ask } from '../resolver.ts';
import type { DmarcCheck, Evidence, Finding, Verdict } from '../types.ts';
import { isDmarc, lowered, type DmarcRecord, type Policy } from './parse.ts';
import { discover, type Discovery, type FoundRecord } from './walk.ts';

/** So many places of reports are asked whether they want them. */
const PLACES_ASKED = 5;

interface Question {
  ask: Ask;
  /** A name that is not there is under `np`. */
  exists: Evidence['exists'];
  now: () => Date;
}

/** What receivers are asked to do with mail that fails SPF and DKIM (DMARC, RFC 9989). */
export async function checkDmarc(
  domain: string,
  { ask, exists, now }: Question,
): Promise<DmarcCheck> {
  const discovery = await discover(domain, ask);
  const doubled = discovery.several.map((at) => severalAt(at));
  if (discovery.failed)
    return {
      ...check(
        'unknown',
        [],
        [...doubled, unanswered('dmarc.unanswered', 'DMARC', discovery.failed)],
        now,
      ),
      ...nothing(),
    };
  if (discovery.applied === null)
    return {
      ...check(
        doubled.length > 0 ? 'bad' : 'missing',
        [],
        doubled.length > 0 ? doubled : [missing()],
        now,
      ),
      ...nothing(),
    };
  const { at, record } = discovery.applied;
  const stated = statedFor(domain, discovery.applied, exists);
  const policy = record.testing ? lowered(stated) : stated;
  const findings = [
    ...doubled,
    ...aboutRecord(record),
    ...aboutPlace(domain, at),
    ...aboutPolicy(stated, record),
    ...(await aboutReports(at, record, ask)),
  ];
  const verdict = verdictOf(domain, discovery, policy);
  return {
    ...check(verdict, [record.text], findings, now),
    foundAt: at,
    policy: record.ignored ? null : policy,
    testing: record.testing,
    reports: record.reports,
  };
}

function nothing(): Pick<DmarcCheck, 'foundAt' | 'policy' | 'testing' | 'reports'> {
  return { foundAt: null, policy: null, testing: false, reports: [] };
}

function missing(): Finding {
  return error(
    'dmarc.missing',
    'There is no DMARC record, so that receivers are not told what to do with forged mail. Publish one, at first with p=none and an address for reports.',
  );
}

function severalAt(at: string): Finding {
  return error(
    'dmarc.several_records',
    `There are several DMARC records at _dmarc.${at}, and receivers use none of them. Leave one.`,
  );
}

function statedFor(
  domain: string,
  { at, record }: FoundRecord,
  exists: Evidence['exists'],
): Policy {
  if (at === domain) return record.policy;
  return exists === false ? record.absent : record.subdomains;
}

function verdictOf(domain: string, { applied, several }: Discovery, policy: Policy): Verdict {
  if (applied?.record.ignored || several.includes(domain)) return 'bad';
  return policy === 'none' || applied?.record.testing ? 'weak' : 'good';
}

function aboutRecord(record: DmarcRecord): Finding[] {
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

function aboutPlace(domain: string, at: string): Finding[] {
  return at === domain
    ? []
    : [info('dmarc.inherited', `The domain has no record of its own: that of ${at} holds for it.`)];
}

function aboutPolicy(stated: Policy, record: DmarcRecord): Finding[] {
  if (record.ignored || record.recovered) return [];
  if (record.testing && stated !== 'none')
    return [
      warning(
        'dmarc.testing',
        `The policy ${stated} is being tested (t=y): receivers act as if it were ${lowered(stated)}. Remove t=y when reports look right.`,
      ),
    ];
  if (stated === 'none')
    return [
      warning(
        'dmarc.none',
        'The policy is none: receivers deliver forged mail and only report it. Move on to quarantine, then reject.',
      ),
    ];
  return [];
}

/** RFC 9990: whoever gets another organization's reports must say that it wants them. */
async function aboutReports(
  at: string,
  { reports, ignored }: DmarcRecord,
  ask: Ask,
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
    .filter((host) => organization(host) !== organization(at))
    .slice(0, PLACES_ASKED);
  const answers = await Promise.all(
    foreign.map(async (host) => ({
      host,
      answer: await ask(`${at}._report._dmarc.${host}`, 'TXT'),
    })),
  );
  return answers.flatMap(({ host, answer }) => {
    if (answer.kind === 'failed')
      return [
        unanswered('dmarc.reports_unanswered', `Whether ${host} takes the reports`, answer.reason),
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

function organization(host: string): string {
  return getDomain(host, { allowPrivateDomains: true }) ?? host;
}
