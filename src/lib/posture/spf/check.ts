import { check, error, info, recordsOf, unanswered, warning } from '../findings.ts';
import type { Ask } from '../resolver.ts';
import type { Finding, SpfCheck, Verdict } from '../types.ts';
import { isSpf } from './parse.ts';
import { walkSpf, type SpfWalk } from './walk.ts';

const nothing = { lookups: 0, voidLookups: 0, all: null, includes: [] } as const;
/**
 * With the other TXT records of a name, answers beyond 512 bytes need TCP, which some firewalls
 * stop (RFC 7208, section 3.4).
 */
const ADVISED_LENGTH = 450;

/** Who may send mail in the domain's name (SPF, RFC 7208). */
export async function checkSpf(
  domain: string,
  { ask, now }: { ask: Ask; now: () => Date },
): Promise<SpfCheck> {
  const answer = await ask(domain, 'TXT');
  if (answer.kind === 'failed')
    return {
      ...check('unknown', [], [unanswered('spf.unanswered', 'SPF', answer.reason)], now),
      ...nothing,
      includes: [],
    };
  const texts = recordsOf(answer);
  const [text, ...others] = texts.filter(isSpf);
  if (text === undefined)
    return { ...check('missing', [], absent(texts), now), ...nothing, includes: [] };
  if (others.length > 0)
    return {
      ...check('bad', [text, ...others], [several(others.length + 1)], now),
      ...nothing,
      includes: [],
    };
  const { broken, incomplete, findings, ...counts } = await walkSpf(domain, text, ask);
  const notes = [...findings, ...aboutAll(counts.all, broken || incomplete), ...aboutLength(text)];
  return {
    ...check(verdictOf({ broken, incomplete, ...counts }, notes), [text], notes, now),
    ...counts,
  };
}

function absent(texts: readonly string[]): Finding[] {
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

function several(count: number): Finding {
  return error(
    'spf.several_records',
    `There are ${count} SPF records and only one may be, so that receivers use none. Merge them into one.`,
  );
}

function verdictOf(
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

function aboutAll(all: SpfCheck['all'], inPart: boolean): Finding[] {
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
  if (all === null && !inPart)
    return [
      warning(
        'spf.no_all',
        'The record has no "all" at its end: it says nothing of senders that are not listed. End it in -all or ~all.',
      ),
    ];
  return [];
}

function aboutLength(text: string): Finding[] {
  const bytes = Buffer.byteLength(text);
  return bytes <= ADVISED_LENGTH
    ? []
    : [
        info(
          'spf.long',
          `The record has ${bytes} bytes; beyond ${ADVISED_LENGTH} some receivers cannot fetch it. Shorten it.`,
        ),
      ];
}
