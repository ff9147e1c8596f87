import { findDuplicateTags, parseTags } from '../tags.ts';

export type Policy = 'none' | 'quarantine' | 'reject';

export interface DmarcRecord {
  text: string;
  /** Applies to the domain that holds the record. */
  policy: Policy;
  /** Applies to subdomains that exist. */
  subdomains: Policy;
  /** Applies to subdomains that do not exist. */
  absent: Policy;
  /** y: a public suffix, such as a registry's; n: the top of an organization; u: unspecified. */
  psd: 'y' | 'n' | 'u';
  /** t=y: receivers apply the next weaker policy. */
  testing: boolean;
  /** Addresses that receive reports, mostly mailto: URIs. */
  reports: string[];
  /** A policy is invalid or missing and no report address is set: receivers ignore the record. */
  ignored: boolean;
  /** A policy is invalid or missing, so receivers treat the record as p=none. */
  recovered: boolean;
  /** Tags of RFC 7489 that RFC 9989 has removed. */
  removed: string[];
  /** A report address has a size limit after "!", which RFC 9989 has removed. */
  sizeLimit: boolean;
  /** The policy does not come directly after the version, as RFC 7489 demanded. */
  late: boolean;
  /** Tags that are there more than once. */
  duplicates: string[];
  /** Places for reports that are no URI, such as an address without "mailto:". */
  badReports: string[];
}

const policies: readonly string[] = ['none', 'quarantine', 'reject'] satisfies Policy[];
/** Report addresses that are kept; the RFC lets receivers stop after two. */
const MAX_REPORTS = 20;
const removedTags = ['pct', 'rf', 'ri'];

/** Whether a TXT record is DMARC: the version comes first and is case-sensitive. */
export function isDmarc(text: string): boolean {
  return /^v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)/.test(text);
}

/** Parses a record for which `isDmarc` holds (RFC 9989, section 4.10.1). Never throws. */
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
    late: tags.has('p') && !/^[^;]*;\s*p\s*=/i.test(text),
    duplicates: findDuplicateTags(text),
    badReports: uris.filter((uri) => !isReportAddress(uri.replace(/![0-9]+[kmgt]?$/i, ''))),
  };
}

/** The next weaker policy, which receivers apply while a policy is in testing mode. */
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
