import { check, error, info, recordsOf, unanswered, warning } from '../findings.ts';
import type { Ask, DnsAnswer } from '../resolver.ts';
import type { DkimCheck, Finding, Verdict } from '../types.ts';
import { parseDkimKey, type DkimKey } from './key.ts';
import { IMPROBABLE_SELECTOR, selectors } from './selectors.ts';

/** RFC 8301: verifiers must refuse RSA keys below 1024 bits, and signers should use 2048. */
const LEAST_BITS = 1024;
const GOOD_BITS = 2048;

interface Found {
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
  { ask, now }: { ask: Ask; now: () => Date },
): Promise<DkimCheck> {
  const at = (selector: string) => ask(`${selector}._domainkey.${domain}`, 'TXT');
  const [subtree, wildcard, ...answers] = await Promise.all([
    ask(`_domainkey.${domain}`, 'TXT'),
    at(IMPROBABLE_SELECTOR),
    ...selectors.map(at),
  ]);
  const everywhere = new Set(recordsOf(wildcard));
  const found = selectors.flatMap((selector, index) =>
    keysAt(selector, answers[index], everywhere),
  );
  const live = found.filter(({ key }) => !key.revoked);
  const findings = [
    ...aboutWildcard(everywhere),
    ...(live.length > 0
      ? live.flatMap(aboutKey)
      : aboutNone(found, everywhere.size > 0 ? null : subtree, answers)),
  ];
  const kept = found.map(({ selector, key: { keyType, bits, revoked, testing } }) => ({
    selector,
    keyType,
    bits,
    revoked,
    testing,
  }));
  return {
    ...check(
      verdictOf(live),
      found.map(({ selector, text }) => `${selector}: ${text}`),
      findings,
      now,
    ),
    selectors: kept,
  };
}

/** A name below a wildcard answers for every selector: such an answer is no find. */
function keysAt(
  selector: string,
  answer: DnsAnswer<string> | undefined,
  everywhere: ReadonlySet<string>,
): Found[] {
  for (const text of answer ? recordsOf(answer) : []) {
    const key = everywhere.has(text) ? null : parseDkimKey(text);
    if (key) return [{ selector, text, key }];
  }
  return [];
}

function verdictOf(live: readonly Found[]): Verdict {
  const useful = live.filter(
    ({ key }) => !key.malformed && (key.bits === null || key.bits >= LEAST_BITS),
  );
  if (live.length === 0) return 'unknown';
  if (useful.length === 0) return 'bad';
  const strong = live.every(
    ({ key }) => !key.malformed && !key.testing && (key.bits === null || key.bits >= GOOD_BITS),
  );
  return strong ? 'good' : 'weak';
}

function aboutKey({ selector, key: { bits, keyType, malformed, testing } }: Found): Finding[] {
  const findings: Finding[] = [];
  if (malformed)
    findings.push(
      error(
        'dkim.malformed_key',
        `The key at the selector ${selector} (type ${keyType}) cannot be read, so that its signatures do not count. Publish it anew.`,
      ),
    );
  if (bits !== null && bits < LEAST_BITS)
    findings.push(
      error(
        'dkim.short_key',
        `The key at the selector ${selector} has ${bits} bits; receivers ignore keys below ${LEAST_BITS}. Change to ${GOOD_BITS}.`,
      ),
    );
  else if (bits !== null && bits < GOOD_BITS)
    findings.push(
      warning(
        'dkim.weak_key',
        `The key at the selector ${selector} has ${bits} bits. Change to ${GOOD_BITS}.`,
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

function aboutWildcard(everywhere: ReadonlySet<string>): Finding[] {
  if (everywhere.size === 0) return [];
  const revoked = [...everywhere].some((text) => parseDkimKey(text)?.revoked);
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

function aboutNone(
  revoked: readonly Found[],
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
      unanswered('dkim.unanswered', 'A part of the DKIM selectors', failed.reason),
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
