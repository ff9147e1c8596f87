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
import { measureWidth } from './coverage.ts';
import { isSenderId, isSpf, resemblesSpf } from './parse.ts';
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
  conclusion.findings.push(...reportStrays(texts));
  return { ...createCheck(conclusion, now), ...counts };
}

function createEmptyCounts(): Counts {
  return { lookups: 0, voidLookups: 0, all: null, includes: [] };
}

function concludeWalk(text: string, walk: SpfWalk): { conclusion: Conclusion; counts: Counts } {
  const { broken, incomplete, lookups, voidLookups, all, includes } = walk;
  const width = reportWidth(walk);
  const findings = [
    ...walk.findings,
    ...reportAll(all, broken || incomplete),
    ...width,
    ...reportLength(text),
  ];
  const isOpen = all === 'pass' || width.some(({ severity }) => severity === 'error');
  return {
    conclusion: conclude(
      computeVerdict({ isBad: broken || isOpen, incomplete, all }, findings),
      [text],
      ...findings,
    ),
    counts: { lookups, voidLookups, all, includes },
  };
}

function computeVerdict(
  { isBad, incomplete, all }: Pick<SpfWalk, 'incomplete' | 'all'> & { isBad: boolean },
  findings: readonly Finding[],
): Verdict {
  if (isBad) return 'bad';
  if (incomplete) return 'unknown';
  const isUndecided = all === null || all === 'neutral';
  return isUndecided || findings.some(({ severity }) => severity === 'warning') ? 'weak' : 'good';
}

function reportMissing(texts: readonly string[]): Finding[] {
  const missing = error(
    'spf.missing',
    'There is no SPF record, so anybody can send mail on behalf of the domain. ' +
      'Publish one that lists the senders and ends in -all.',
  );
  return [missing, ...reportNearMisses(texts, warning)];
}

/** Records beside the valid one that were meant to be SPF; receivers do not see them. */
const reportStrays = (texts: readonly string[]): Finding[] => reportNearMisses(texts, info);

function reportNearMisses(texts: readonly string[], report: typeof info): Finding[] {
  const quote = (text: string) => `"${text.slice(0, MAX_QUOTED)}"`;
  const senderId = texts.find(isSenderId);
  const similar = texts.find((text) => resemblesSpf(text) && !isSenderId(text));
  return [
    ...(similar === undefined
      ? []
      : [
          report(
            'spf.not_a_record',
            `${quote(similar)} looks like SPF but is not valid, so receivers do not read it. ` +
              'The record must begin with "v=spf1" and a space. Correct or remove it.',
          ),
        ]),
    ...(senderId === undefined
      ? []
      : [
          report(
            'spf.sender_id',
            `${quote(senderId)} is a record of Sender ID, which is obsolete and which receivers ` +
              'of SPF do not read. Remove it; what it lists belongs in a record of "v=spf1".',
          ),
        ]),
  ];
}

function reportDuplicates(count: number): Finding {
  return error(
    'spf.several_records',
    `There are ${count} SPF records. Only one is allowed, so receivers ignore all of them. ` +
      'Merge them into one.',
  );
}

/** Whether the record authorises more senders than an organisation can have. */
function reportWidth({ all, coverage, openIncludes }: SpfWalk): Finding[] {
  if (all === 'pass') return [];
  const width = measureWidth(coverage.pass);
  if (width === 'open') return [reportOpen(openIncludes)];
  if (width === 'doubtful') return [wideRange];
  const saysNothing = all !== 'neutral' && measureWidth(coverage.neutral) === 'open';
  return saysNothing ? [neutralForAll] : [];
}

function reportOpen([include]: readonly string[]): Finding {
  const how =
    include === undefined
      ? 'Its terms match more addresses than any organisation has'
      : `It includes ${include}, whose record ends in "+all"`;
  return error(
    'spf.pass_all',
    `The record allows anybody to send mail on behalf of the domain without saying so. ${how}. ` +
      'List only your own senders, and end the record in -all or ~all.',
  );
}

const wideRange = warning(
  'spf.wide_range',
  'The record allows a range of more than a million IPv4 addresses (wider than /12), or an IPv6 ' +
    'range wider than /20. Few organisations have as many, so strangers at the same provider can ' +
    'probably send on behalf of the domain. List only your own senders.',
);

const neutralForAll = warning(
  'spf.neutral_all',
  'Terms with "?" match every sender, so the record says nothing about senders that it does not ' +
    'list. Remove them.',
);

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
