import { parseTags } from '../tags.ts';

export type Policy = 'none' | 'quarantine' | 'reject';

export interface DmarcRecord {
  text: string;
  /** For the domain that holds the record. */
  policy: Policy;
  /** For names below it: those that are there, and those that are not. */
  subdomains: Policy;
  absent: Policy;
  /** y: a public suffix such as a registry's; n: the top of an organization; u: not said. */
  psd: 'y' | 'n' | 'u';
  /** t=y: receivers act one level lower. */
  testing: boolean;
  /** Where reports go: mailto: and other addresses. */
  reports: string[];
  /**
   * Receivers do as if there were no record: a policy is wrong or absent, and nobody would hear of
   * it.
   */
  ignored: boolean;
  /** A policy is wrong or absent, so that the record counts as p=none. */
  recovered: boolean;
  /** Tags of RFC 7489 that RFC 9989 has removed. */
  removed: string[];
  /** A report address has a size limit behind "!", which does not count any more. */
  sizeLimit: boolean;
}

const policies: readonly string[] = ['none', 'quarantine', 'reject'] satisfies Policy[];
/** So many places of reports are kept; the RFC lets receivers stop at two. */
const MAX_REPORTS = 20;
const removedTags = ['pct', 'rf', 'ri'];

/** Whether a TXT record is DMARC: the version comes first and is written exactly so. */
export function isDmarc(text: string): boolean {
  return /^v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/.test(text);
}

/** Reads a record that `isDmarc`, by RFC 9989, section 4.10.1. Never throws. */
export function parseDmarc(text: string): DmarcRecord {
  const tags = parseTags(text);
  const uris = splitUris(tags.get('rua')).slice(0, MAX_REPORTS);
  const reports = uris.map((uri) => uri.replace(/![0-9]+[kmgt]?$/i, '')).filter(isReportAddress);
  const isInvalid =
    !isPolicy(tags.get('p')) ||
    ['sp', 'np'].some((tag) => tags.has(tag) && !isPolicy(tags.get(tag)));
  const policy = isInvalid ? 'none' : parsePolicy(tags.get('p'), 'none');
  const subdomains = isInvalid ? 'none' : parsePolicy(tags.get('sp'), policy);
  const absent = isInvalid ? 'none' : parsePolicy(tags.get('np'), subdomains);
  const psd = (tags.get('psd') ?? 'u').toLowerCase();
  return {
    text,
    policy,
    subdomains,
    absent,
    reports,
    psd: psd === 'y' || psd === 'n' ? psd : 'u',
    testing: tags.get('t')?.toLowerCase() === 'y',
    ignored: isInvalid && reports.length === 0,
    recovered: isInvalid && reports.length > 0,
    removed: removedTags.filter((tag) => tags.has(tag)),
    sizeLimit: uris.some((uri) => uri.includes('!')),
  };
}

/** One level lower: what receivers do while a policy is tested. */
export function lowerPolicy(policy: Policy): Policy {
  return policy === 'reject' ? 'quarantine' : 'none';
}

function splitUris(value = ''): string[] {
  return value
    .split(',')
    .map((uri) => uri.trim())
    .filter((uri) => uri !== '');
}

function isReportAddress(uri: string): boolean {
  return (
    uri.length <= 300 &&
    (/^mailto:[!-?A-~]+@[!-?A-~]+$/i.test(uri) || /^https?:\/\/[!-~]+$/i.test(uri))
  );
}

function isPolicy(value: string | undefined): value is Policy {
  return value !== undefined && policies.includes(value.toLowerCase());
}

function parsePolicy(value: string | undefined, fallback: Policy): Policy {
  const lower = value?.toLowerCase();
  return isPolicy(lower) ? lower : fallback;
}
