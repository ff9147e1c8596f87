import { createCheck, error, info, getRecords, reportUnanswered, warning } from '../findings.ts';
import type { DnsQuery } from '../resolver.ts';
import type { Finding, SpfCheck, Verdict } from '../types.ts';
import { isSpf } from './parse.ts';
import { walkSpf, type SpfWalk } from './walk.ts';

const emptyCounts = { lookups: 0, voidLookups: 0, all: null, includes: [] } as const;
/**
 * With the other TXT records of a name, answers beyond 512 bytes need TCP, which some firewalls
 * stop (RFC 7208, section 3.4).
 */
const RECOMMENDED_LENGTH = 450;

/** Who may send mail in the domain's name (SPF, RFC 7208). */
export async function checkSpf(
  domain: string,
  { query, now }: { query: DnsQuery; now: () => Date },
): Promise<SpfCheck> {
  const answer = await query(domain, 'TXT');
  if (answer.kind === 'failed')
    return {
      ...createCheck(
        'unknown',
        [],
        [reportUnanswered('spf.unanswered', 'SPF', answer.reason)],
        now,
      ),
      ...emptyCounts,
      includes: [],
    };
  const texts = getRecords(answer);
  const [text, ...others] = texts.filter(isSpf);
  if (text === undefined)
    return {
      ...createCheck('missing', [], reportMissing(texts), now),
      ...emptyCounts,
      includes: [],
    };
  if (others.length > 0)
    return {
      ...createCheck('bad', [text, ...others], [reportDuplicates(others.length + 1)], now),
      ...emptyCounts,
      includes: [],
    };
  const { broken, incomplete, findings, ...counts } = await walkSpf(domain, text, query);
  const notes = [
    ...findings,
    ...reportAll(counts.all, broken || incomplete),
    ...reportLength(text),
  ];
  return {
    ...createCheck(computeVerdict({ broken, incomplete, ...counts }, notes), [text], notes, now),
    ...counts,
  };
}

function reportMissing(texts: readonly string[]): Finding[] {
  const missing = error(
    'spf.missing',
    'There is no SPF record, so that anybody can send mail in the name of the domain. Publish one that lists the senders and ends in -all.',
  );
  const nearly = texts.find((text) => /^["'\s]*(?:v=)?spf/i.test(text));
  return nearly === undefined
    ? [missing]
    : [
        missing,
        warning(
          'spf.not_a_record',
          `"${nearly.slice(0, 80)}" looks like SPF and is not: the record must begin with "v=spf1" and a space.`,
        ),
      ];
}

function reportDuplicates(count: number): Finding {
  return error(
    'spf.several_records',
    `There are ${count} SPF records and only one may be, so that receivers use none. Merge them into one.`,
  );
}

function computeVerdict(
  { broken, incomplete, all }: Omit<SpfWalk, 'findings'>,
  findings: readonly Finding[],
): Verdict {
  if (broken || all === 'pass') return 'bad';
  if (incomplete) return 'unknown';
  return all === null ||
    all === 'neutral' ||
    findings.some(({ severity }) => severity === 'warning')
    ? 'weak'
    : 'good';
}

function reportAll(all: SpfCheck['all'], isPartial: boolean): Finding[] {
  if (all === 'pass')
    return [
      error(
        'spf.pass_all',
        'The record ends in "+all": it lets the whole world send in the name of the domain. End it in -all or ~all.',
      ),
    ];
  if (all === 'neutral')
    return [
      warning(
        'spf.neutral_all',
        'The record ends in "?all": it says nothing of senders that are not listed. End it in -all or ~all.',
      ),
    ];
  if (all === 'softfail')
    return [
      info(
        'spf.softfail_all',
        'The record ends in "~all": mail of others is suspicious, not refused. With an enforced DMARC policy that is enough.',
      ),
    ];
  if (all === null && !isPartial)
    return [
      warning(
        'spf.no_all',
        'The record has no "all" at its end: it says nothing of senders that are not listed. End it in -all or ~all.',
      ),
    ];
  return [];
}

function reportLength(text: string): Finding[] {
  const bytes = Buffer.byteLength(text);
  return bytes <= RECOMMENDED_LENGTH
    ? []
    : [
        info(
          'spf.long',
          `The record has ${bytes} bytes; beyond ${RECOMMENDED_LENGTH} some receivers cannot fetch it. Shorten it.`,
        ),
      ];
}
