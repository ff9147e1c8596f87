import {
  conclude,
  createCheck,
  error,
  getRecords,
  info,
  reportUnanswered,
  warning,
  type Conclusion,
} from '../findings.ts';
import type { DnsQuery } from '../resolver.ts';
import type { Finding, SpfCheck, Verdict } from '../types.ts';
import { isSpf } from './parse.ts';
import { walkSpf, type SpfWalk } from './walk.ts';

type Counts = Pick<SpfCheck, 'lookups' | 'voidLookups' | 'all' | 'includes'>;

/**
 * Bytes of a record. Together with the other TXT records of the name, a longer one makes responses
 * exceed 512 bytes and need TCP, which some firewalls block (RFC 7208, section 3.4).
 */
const RECOMMENDED_LENGTH = 450;
/** Characters that a message quotes of a record. */
const MAX_QUOTED = 80;

/** Who may send mail on behalf of the domain (SPF, RFC 7208). */
export async function checkSpf(
  domain: string,
  { query, now }: { query: DnsQuery; now: () => Date },
): Promise<SpfCheck> {
  const answer = await query(domain, 'TXT');
  const withoutCounts = (conclusion: Conclusion) => ({
    ...createCheck(conclusion, now),
    ...createEmptyCounts(),
  });
  if (answer.kind === 'failed')
    return withoutCounts(
      conclude('unknown', [], reportUnanswered('spf.unanswered', 'SPF', answer.reason)),
    );
  const texts = getRecords(answer);
  const records = texts.filter(isSpf);
  const [text, ...others] = records;
  if (text === undefined) return withoutCounts(conclude('missing', [], ...reportMissing(texts)));
  if (others.length > 0)
    return withoutCounts(conclude('bad', records, reportDuplicates(records.length)));
  const { conclusion, counts } = concludeWalk(text, await walkSpf(domain, text, query));
  return { ...createCheck(conclusion, now), ...counts };
}

function createEmptyCounts(): Counts {
  return { lookups: 0, voidLookups: 0, all: null, includes: [] };
}

function concludeWalk(
  text: string,
  { broken, incomplete, findings: walked, ...counts }: SpfWalk,
): { conclusion: Conclusion; counts: Counts } {
  const findings = [
    ...walked,
    ...reportAll(counts.all, broken || incomplete),
    ...reportLength(text),
  ];
  const verdict = computeVerdict({ broken, incomplete, ...counts }, findings);
  return { conclusion: conclude(verdict, [text], ...findings), counts };
}

function computeVerdict(
  { broken, incomplete, all }: Omit<SpfWalk, 'findings'>,
  findings: readonly Finding[],
): Verdict {
  if (broken || all === 'pass') return 'bad';
  if (incomplete) return 'unknown';
  const isOpen = all === null || all === 'neutral';
  return isOpen || findings.some(({ severity }) => severity === 'warning') ? 'weak' : 'good';
}

function reportMissing(texts: readonly string[]): Finding[] {
  const missing = error(
    'spf.missing',
    'There is no SPF record, so anybody can send mail on behalf of the domain. ' +
      'Publish one that lists the senders and ends in -all.',
  );
  const similar = texts.find((text) => /^["'\s]*(?:v=)?spf/i.test(text));
  return similar === undefined ? [missing] : [missing, reportNotARecord(similar)];
}

function reportNotARecord(text: string): Finding {
  return warning(
    'spf.not_a_record',
    `"${text.slice(0, MAX_QUOTED)}" looks like SPF but is not valid. ` +
      'The record must begin with "v=spf1" and a space.',
  );
}

function reportDuplicates(count: number): Finding {
  return error(
    'spf.several_records',
    `There are ${count} SPF records. Only one is allowed, so receivers ignore all of them. ` +
      'Merge them into one.',
  );
}

function reportAll(all: SpfCheck['all'], isPartial: boolean): Finding[] {
  if (all === null) return isPartial ? [] : [noAll];
  const finding = allFindings[all];
  return finding === undefined ? [] : [finding];
}

const noAll = warning(
  'spf.no_all',
  'The record does not end in "all", so it says nothing about senders that it does not list. ' +
    'End it in -all or ~all.',
);

const allFindings: Record<NonNullable<SpfCheck['all']>, Finding | undefined> = {
  pass: error(
    'spf.pass_all',
    'The record ends in "+all", which allows anybody to send mail on behalf of the domain. ' +
      'End it in -all or ~all.',
  ),
  neutral: warning(
    'spf.neutral_all',
    'The record ends in "?all", so it says nothing about senders that it does not list. ' +
      'End it in -all or ~all.',
  ),
  softfail: info(
    'spf.softfail_all',
    'The record ends in "~all": mail from other senders is treated as suspicious but not ' +
      'rejected. That is enough when the DMARC policy is enforced.',
  ),
  fail: undefined,
};

function reportLength(text: string): Finding[] {
  const bytes = Buffer.byteLength(text);
  if (bytes <= RECOMMENDED_LENGTH) return [];
  return [
    info(
      'spf.long',
      `The record is ${bytes} bytes long. Some receivers cannot fetch records of more than ` +
        `${RECOMMENDED_LENGTH} bytes. Shorten it.`,
    ),
  ];
}
