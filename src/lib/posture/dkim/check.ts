import { createCheck, error, info, getRecords, reportUnanswered, warning } from '../findings.ts';
import type { DnsQuery, DnsAnswer } from '../resolver.ts';
import type { DkimCheck, Finding, Verdict } from '../types.ts';
import { parseDkimKey, type DkimKey } from './key.ts';
import { IMPROBABLE_SELECTOR, selectors } from './selectors.ts';

/** RFC 8301: verifiers must refuse RSA keys below 1024 bits, and signers should use 2048. */
const MIN_BITS = 1024;
const RECOMMENDED_BITS = 2048;

interface FoundKey {
  selector: string;
  text: string;
  key: DkimKey;
}

/**
 * Whether keys for signed mail can be found. A domain whose keys are not found may well sign: that
 * stays unknown.
 */
export async function checkDkim(
  domain: string,
  { query, now }: { query: DnsQuery; now: () => Date },
): Promise<DkimCheck> {
  const at = (selector: string) => query(`${selector}._domainkey.${domain}`, 'TXT');
  const [subtree, wildcard, ...answers] = await Promise.all([
    query(`_domainkey.${domain}`, 'TXT'),
    at(IMPROBABLE_SELECTOR),
    ...selectors.map(at),
  ]);
  const wildcardTexts = new Set(getRecords(wildcard));
  const found = selectors.flatMap((selector, index) =>
    findKeysAt(selector, answers[index], wildcardTexts),
  );
  const live = found.filter(({ key }) => !key.revoked);
  const findings = [
    ...reportWildcard(wildcardTexts),
    ...(live.length > 0
      ? live.flatMap(reportKey)
      : reportNoKey(found, wildcardTexts.size > 0 ? null : subtree, answers)),
  ];
  const selectorResults = found.map(({ selector, key: { keyType, bits, revoked, testing } }) => ({
    selector,
    keyType,
    bits,
    revoked,
    testing,
  }));
  return {
    ...createCheck(
      computeVerdict(live),
      found.map(({ selector, text }) => `${selector}: ${text}`),
      findings,
      now,
    ),
    selectors: selectorResults,
  };
}

/** A name below a wildcard answers for every selector: such an answer is no find. */
function findKeysAt(
  selector: string,
  answer: DnsAnswer<string> | undefined,
  wildcardTexts: ReadonlySet<string>,
): FoundKey[] {
  for (const text of answer ? getRecords(answer) : []) {
    const key = wildcardTexts.has(text) ? null : parseDkimKey(text);
    if (key) return [{ selector, text, key }];
  }
  return [];
}

function computeVerdict(live: readonly FoundKey[]): Verdict {
  const useful = live.filter(
    ({ key }) => !key.malformed && (key.bits === null || key.bits >= MIN_BITS),
  );
  if (live.length === 0) return 'unknown';
  if (useful.length === 0) return 'bad';
  const strong = live.every(
    ({ key }) =>
      !key.malformed && !key.testing && (key.bits === null || key.bits >= RECOMMENDED_BITS),
  );
  return strong ? 'good' : 'weak';
}

function reportKey({ selector, key: { bits, keyType, malformed, testing } }: FoundKey): Finding[] {
  const findings: Finding[] = [];
  if (malformed)
    findings.push(
      error(
        'dkim.malformed_key',
        `The key at the selector ${selector} (type ${keyType}) cannot be read, so that its signatures do not count. Publish it anew.`,
      ),
    );
  if (bits !== null && bits < MIN_BITS)
    findings.push(
      error(
        'dkim.short_key',
        `The key at the selector ${selector} has ${bits} bits; receivers ignore keys below ${MIN_BITS}. Change to ${RECOMMENDED_BITS}.`,
      ),
    );
  else if (bits !== null && bits < RECOMMENDED_BITS)
    findings.push(
      warning(
        'dkim.weak_key',
        `The key at the selector ${selector} has ${bits} bits. Change to ${RECOMMENDED_BITS}.`,
      ),
    );
  if (testing)
    findings.push(
      warning(
        'dkim.testing',
        `The key at the selector ${selector} is marked as a test (t=y), so that receivers may ignore its signatures. Remove the mark.`,
      ),
    );
  return findings;
}

function reportWildcard(wildcardTexts: ReadonlySet<string>): Finding[] {
  if (wildcardTexts.size === 0) return [];
  const revoked = [...wildcardTexts].some((text) => parseDkimKey(text)?.revoked);
  if (revoked)
    return [
      info(
        'dkim.all_revoked',
        'A wildcard revokes every DKIM key that is not published by name, as domains do that send no mail.',
      ),
    ];
  return [
    info(
      'dkim.wildcard',
      'Every name below _domainkey has the same TXT record (a wildcard), which was left aside.',
    ),
  ];
}

function reportNoKey(
  revoked: readonly FoundKey[],
  subtree: DnsAnswer<string> | null,
  answers: readonly DnsAnswer<string>[],
): Finding[] {
  const findings = revoked.map(({ selector }) =>
    info('dkim.revoked', `The key at the selector ${selector} is revoked.`),
  );
  const failed = answers.find((answer) => answer.kind === 'failed');
  if (failed)
    return [
      ...findings,
      reportUnanswered('dkim.unanswered', 'A part of the DKIM selectors', failed.reason),
    ];
  const none = info(
    'dkim.not_found',
    'None of the selectors that are commonly used holds a live key. The domain may sign under another one, so that this proves nothing.',
  );
  if (revoked.length > 0 || (subtree?.kind !== 'nodata' && subtree?.kind !== 'records'))
    return [...findings, none];
  return [
    none,
    info(
      'dkim.subtree',
      'The name _domainkey is there, so that some key likely is too, under a selector that is not commonly used.',
    ),
  ];
}
