import type { DnsQuery, DnsFailure } from '../resolver.ts';
import { isDmarc, parseDmarc, type DmarcRecord } from './parse.ts';

/** RFC 9989 bounds the walk, whatever the number of labels. */
const MAX_QUERIES = 8;

export interface FoundRecord {
  /** The domain whose _dmarc name holds it. */
  at: string;
  record: DmarcRecord;
}

export interface Discovery {
  /** The record that receivers apply; null when there is none. */
  applied: FoundRecord | null;
  /** The domains that hold several records, which count as none. */
  duplicates: string[];
  /** Why the search did not come to an end; null when it did. */
  failed: DnsFailure | null;
}

/**
 * The domains at which the tree walk looks, in its order: eight labels and more drop to seven after
 * the first one.
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
  for (const at of listWalkDomains(domain)) {
    const answer = await query(`_dmarc.${at}`, 'TXT');
    if (answer.kind === 'failed') return { applied: null, duplicates, failed: answer.reason };
    const [text, ...others] = answer.kind === 'records' ? answer.records.filter(isDmarc) : [];
    if (others.length > 0) duplicates.push(at);
    if (text === undefined || others.length > 0) continue;
    const record = parseDmarc(text);
    if (at === domain) return { applied: { at, record }, duplicates, failed: null };
    if (!record.ignored) found.push({ at, record });
    if (record.psd !== 'u') break;
  }
  return { applied: selectRecord(found), duplicates, failed: null };
}

/**
 * Of the records above the domain, nearest first: at a public suffix the organization is the name
 * below it, else the one with the fewest labels.
 */
function selectRecord(found: readonly FoundRecord[]): FoundRecord | null {
  const top = found.at(-1);
  if (top?.record.psd !== 'y') return top ?? null;
  const below = found.at(-2);
  return below?.at.split('.').length === top.at.split('.').length + 1 ? below : top;
}
