import { conclude, createCheck, getRecords, reportUnanswered } from '../findings.ts';
import type { DnsAnswer, DnsQuery } from '../resolver.ts';
import { findNearMiss } from '../tags.ts';
import type { DkimCheck, Finding, Verdict } from '../types.ts';
import {
  MAX_BITS,
  MIN_BITS,
  RECOMMENDED_BITS,
  allRevoked,
  notFound,
  reportDuplicates,
  reportKey,
  reportNearMiss,
  reportRevoked,
  subtreeFound,
  wildcardIgnored,
} from './findings.ts';
import { parseDkimKey, type DkimKey } from './key.ts';
import { IMPROBABLE_SELECTOR, selectors } from './selectors.ts';

interface FoundKey {
  selector: string;
  text: string;
  key: DkimKey;
  /** The selector has other key records as well. */
  isAmbiguous: boolean;
}

interface Answers {
  /** What `_domainkey` itself holds: it exists when there is any name below it. */
  subtree: DnsAnswer<string>;
  /** The records of every selector that is not published by name. */
  wildcardTexts: ReadonlySet<string>;
  /** In the order of `selectors`. */
  bySelector: readonly DnsAnswer<string>[];
}

/**
 * Whether keys for signed mail can be found. The verdict is `unknown` when there are none: the
 * domain may sign under a selector that nobody can guess.
 */
export async function checkDkim(
  domain: string,
  { query, now }: { query: DnsQuery; now: () => Date },
): Promise<DkimCheck> {
  const answers = await queryKeys(domain, query);
  const found = selectors.flatMap((selector, index) => findKeysAt(selector, index, answers));
  const live = found.filter(({ key }) => !key.revoked);
  const records = found.map(({ selector, text }) => `${selector}: ${text}`);
  const findings = [
    ...reportWildcard(answers.wildcardTexts),
    ...(live.length > 0
      ? live.flatMap(({ selector, key, isAmbiguous }) => [
          ...(isAmbiguous ? [reportDuplicates(selector)] : []),
          ...reportKey(selector, key),
        ])
      : reportNoKey(found, answers)),
    ...selectors.flatMap((selector, index) => reportMisspelt(selector, index, answers)),
  ];
  return {
    ...createCheck(conclude(computeVerdict(live), records, ...findings), now),
    selectors: found.map(toSelectorResult),
  };
}

async function queryKeys(domain: string, query: DnsQuery): Promise<Answers> {
  const at = (selector: string) => query(`${selector}._domainkey.${domain}`, 'TXT');
  const [subtree, wildcard, ...bySelector] = await Promise.all([
    query(`_domainkey.${domain}`, 'TXT'),
    at(IMPROBABLE_SELECTOR),
    ...selectors.map(at),
  ]);
  return { subtree, wildcardTexts: new Set(getRecords(wildcard)), bySelector };
}

/** A wildcard responds to every selector, so a record that equals it is not a key of this one. */
function findKeysAt(
  selector: string,
  index: number,
  { bySelector, wildcardTexts }: Answers,
): FoundKey[] {
  const [first, ...others] = listTexts(index, { bySelector, wildcardTexts }).flatMap((text) => {
    const key = parseDkimKey(text);
    return key === null ? [] : [{ text, key }];
  });
  return first === undefined ? [] : [{ selector, ...first, isAmbiguous: others.length > 0 }];
}

function listTexts(
  index: number,
  { bySelector, wildcardTexts }: Pick<Answers, 'bySelector' | 'wildcardTexts'>,
): string[] {
  const answer = bySelector[index];
  return (answer ? getRecords(answer) : []).filter((text) => !wildcardTexts.has(text));
}

function reportMisspelt(selector: string, index: number, answers: Answers): Finding[] {
  const isKey = (text: string) => parseDkimKey(text) !== null;
  const missed = findNearMiss(listTexts(index, answers), 'DKIM1', isKey);
  return missed === undefined ? [] : [reportNearMiss(selector)];
}

function toSelectorResult({ selector, key }: FoundKey): DkimCheck['selectors'][number] {
  const { keyType, bits, revoked, testing } = key;
  return { selector, keyType, bits, revoked, testing };
}

function computeVerdict(live: readonly FoundKey[]): Verdict {
  if (live.length === 0) return 'unknown';
  if (!live.some(({ key }) => isUsable(key, MIN_BITS))) return 'bad';
  const isGood = ({ key, isAmbiguous }: FoundKey) =>
    isUsable(key, RECOMMENDED_BITS) && (key.bits ?? 0) <= MAX_BITS && !key.testing && !isAmbiguous;
  return live.every(isGood) ? 'good' : 'weak';
}

function isUsable({ malformed, bits }: DkimKey, minBits: number): boolean {
  return !malformed && (bits === null || bits >= minBits);
}

function reportWildcard(wildcardTexts: ReadonlySet<string>): Finding[] {
  if (wildcardTexts.size === 0) return [];
  const isRevoked = [...wildcardTexts].some((text) => parseDkimKey(text)?.revoked);
  return [isRevoked ? allRevoked : wildcardIgnored];
}

function reportNoKey(
  revoked: readonly FoundKey[],
  { subtree, wildcardTexts, bySelector }: Answers,
): Finding[] {
  const findings = revoked.map(({ selector }) => reportRevoked(selector));
  const failed = bySelector.find((answer) => answer.kind === 'failed');
  if (failed)
    return [
      ...findings,
      reportUnanswered('dkim.unanswered', 'Some of the DKIM selectors', failed.reason),
    ];
  const mayHideKeys =
    revoked.length === 0 &&
    wildcardTexts.size === 0 &&
    (subtree.kind === 'nodata' || subtree.kind === 'records');
  return [...findings, notFound, ...(mayHideKeys ? [subtreeFound] : [])];
}
