import { getRecords } from '../findings.ts';
import type { DnsQuery, DnsFailure } from '../resolver.ts';
import { findNearMiss } from '../tags.ts';
import { isDmarc, parseDmarc, type DmarcRecord } from './parse.ts';

/** The walk makes at most so many queries, however many labels a name has (RFC 9989). */
const MAX_QUERIES = 8;

export interface FoundRecord {
  /** The domain below whose _dmarc name the record was found. */
  at: string;
  record: DmarcRecord;
}

export interface Discovery {
  /** The record that receivers apply; null when there is none. */
  applied: FoundRecord | null;
  /** Domains with several records, which count as none. */
  duplicates: string[];
  /** Why the search was cut short; null when it was completed. */
  failed: DnsFailure | null;
  /** A record at the domain itself that was probably meant to be DMARC. */
  nearMiss?: string | undefined;
}

/**
 * The domains that the tree walk queries, in order. After the domain itself, names of eight or more
 * labels are cut to seven.
 */
export function listWalkDomains(domain: string): string[] {
  const labels = domain.split('.');
  const rest = labels.length < MAX_QUERIES ? labels.slice(1) : labels.slice(1 - MAX_QUERIES);
  return [domain, ...rest.map((_, index) => rest.slice(index).join('.'))];
}

/**
 * Finds the policy record of a domain by the DNS tree walk (RFC 9989, sections 4.10 and 4.10.1):
 * its own, its organization's, or its public suffix's.
 */
export async function discoverPolicy(domain: string, query: DnsQuery): Promise<Discovery> {
  const found: FoundRecord[] = [];
  const duplicates: string[] = [];
  let nearMiss: string | undefined;
  for (const at of listWalkDomains(domain)) {
    const answer = await query(`_dmarc.${at}`, 'TXT');
    if (answer.kind === 'failed') return { applied: null, duplicates, failed: answer.reason };
    if (at === domain) nearMiss = findNearMiss(getRecords(answer), 'DMARC1', isDmarc);
    const [text, ...others] = answer.kind === 'records' ? answer.records.filter(isDmarc) : [];
    if (others.length > 0) duplicates.push(at);
    if (text === undefined || others.length > 0) continue;
    const record = parseDmarc(text);
    if (at === domain) return { applied: { at, record }, duplicates, failed: null };
    if (!record.ignored) found.push({ at, record });
    if (record.psd !== 'u') break;
  }
  return { applied: selectRecord(found), duplicates, failed: null, nearMiss };
}

/**
 * Picks the record of the organization from those above the domain, which come nearest first: the
 * one with the fewest labels, or the one directly below a public suffix.
 */
function selectRecord(found: readonly FoundRecord[]): FoundRecord | null {
  const top = found.at(-1);
  if (top?.record.psd !== 'y') return top ?? null;
  const below = found.at(-2);
  return below?.at.split('.').length === top.at.split('.').length + 1 ? below : top;
}
