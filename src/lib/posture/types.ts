/*
 * What a scan of a mail domain finds. Evidence is plain data, so it can be stored and scored again
 * without another scan. A failed query leads to `unknown`; `missing` means that the name servers
 * responded that there is no record.
 */

export type Verdict =
  /** Published, and as it should be. */
  | 'good'
  /** Published, with something to improve. */
  | 'weak'
  /** Published but wrong: receivers ignore it or reject mail because of it. */
  | 'bad'
  /** The name servers responded that there is no record. */
  | 'missing'
  /** A timeout, a server failure, or something that cannot be proven from outside. */
  | 'unknown'
  /** Irrelevant for this domain. */
  | 'not_applicable';

/** Something to know or to correct, in plain words. */
export interface Finding {
  /** Stable identifier, such as spf.too_many_lookups. */
  code: string;
  severity: 'info' | 'warning' | 'error';
  /** What was found and what to do about it: one or two sentences. */
  message: string;
}

/** The result of checking one standard, such as SPF. */
export interface Check {
  verdict: Verdict;
  /** The records behind the verdict, as received; each at most 1,000 characters. */
  records: string[];
  findings: Finding[];
  /** When the check was made; ISO 8601 in UTC. */
  checkedAt: string;
}

/** Key of a mail provider in src/lib/posture/mx/providers.ts. */
export type MailProvider = string;

export interface MxCheck extends Check {
  hosts: { host: string; preference: number }[];
  /** RFC 7505: the domain declares that it receives no mail. */
  nullMx: boolean;
  /** The filter in front of the mailboxes; null when there is none. */
  gateway: MailProvider | null;
  /** The host of the mailboxes; null when it is unknown. */
  provider: MailProvider | null;
  /**
   * `certain` when the MX records name the provider, `inferred` when SPF, DKIM or autodiscover
   * suggest it.
   */
  certainty: 'certain' | 'inferred' | 'unknown';
}

export interface SpfCheck extends Check {
  /** DNS lookups of the record and its includes; RFC 7208 allows 10. */
  lookups: number;
  voidLookups: number;
  /** The result for senders that are not listed; null when there is no `all`. */
  all: 'pass' | 'neutral' | 'softfail' | 'fail' | null;
  includes: string[];
}

export interface DkimCheck extends Check {
  /** The common selectors that have a key. */
  selectors: {
    selector: string;
    keyType: string;
    bits: number | null;
    revoked: boolean;
    testing: boolean;
  }[];
}

export interface DmarcCheck extends Check {
  /** Where the record was found: the domain itself or one above it; null when there is none. */
  foundAt: string | null;
  /** The policy in force for the domain. */
  policy: 'none' | 'quarantine' | 'reject' | null;
  testing: boolean;
  reports: string[];
}

export interface Evidence {
  /** Version of this format. */
  version: 1;
  domain: string;
  scannedAt: string;
  /** Whether the domain exists. */
  exists: boolean | 'unknown';
  mx: MxCheck;
  spf: SpfCheck;
  dkim: DkimCheck;
  dmarc: DmarcCheck;
  mtaSts: Check & { mode: 'enforce' | 'testing' | 'none' | null };
  tlsRpt: Check;
  bimi: Check;
  /** How long the evidence is good for, in seconds: a day, or an hour when a query failed. */
  ttlSeconds: number;
}
