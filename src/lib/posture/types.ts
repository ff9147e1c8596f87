/*
 * What a scan of a mail domain finds. Evidence is data only, so that it can be kept and scored
 * again without another scan. A question that got no answer is `unknown`; only an answer that says
 * so is `missing`.
 */

export type Verdict =
  /** There, and as it should be. */
  | 'good'
  /** There, with something to mend. */
  | 'weak'
  /** There, and wrong: receivers ignore it or reject mail because of it. */
  | 'bad'
  /** The name servers say that there is none. */
  | 'missing'
  /**
   * Not to be found out: a time-out, a server failure, or nothing that a look from outside can
   * prove.
   */
  | 'unknown'
  /** Does not matter for this domain. */
  | 'not_applicable';

/** Something to know or to mend, in plain words. */
export interface Finding {
  /** Stable name, such as spf.too_many_lookups. */
  code: string;
  severity: 'info' | 'warning' | 'error';
  /** What was found and what to do about it: one or two sentences. */
  message: string;
}

/** One thing that was looked at. */
export interface Check {
  verdict: Verdict;
  /** What it rests on: records as received, each at most 1,000 characters. */
  records: string[];
  findings: Finding[];
  /** When the answers came; ISO 8601 in UTC. */
  checkedAt: string;
}

/** Keys of mail providers as src/lib/posture/mx/providers.ts lists them. */
export type MailProvider = string;

export interface MxCheck extends Check {
  hosts: { host: string; preference: number }[];
  /** RFC 7505: the domain says that it receives no mail. */
  nullMx: boolean;
  /** A filter in front of the mailboxes; null when there is none. */
  gateway: MailProvider | null;
  /** Who keeps the mailboxes; null when nobody can tell. */
  provider: MailProvider | null;
  /**
   * Whether the provider follows from MX itself, or was inferred from SPF, DKIM or autodiscover
   * behind a gateway.
   */
  certainty: 'certain' | 'inferred' | 'unknown';
}

export interface SpfCheck extends Check {
  /** Terms that ask the DNS, counted over includes; RFC 7208 allows 10. */
  lookups: number;
  voidLookups: number;
  /** What `all` says of everybody else; null without one. */
  all: 'pass' | 'neutral' | 'softfail' | 'fail' | null;
  includes: string[];
}

export interface DkimCheck extends Check {
  /** Those of the known selectors that hold a key. */
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
  /** Of this shape. */
  version: 1;
  domain: string;
  scannedAt: string;
  /** Whether the domain is there at all. */
  exists: boolean | 'unknown';
  mx: MxCheck;
  spf: SpfCheck;
  dkim: DkimCheck;
  dmarc: DmarcCheck;
  mtaSts: Check & { mode: 'enforce' | 'testing' | 'none' | null };
  tlsRpt: Check;
  bimi: Check;
  /**
   * How long the answers hold by their own times to live, in seconds; at least an hour, at most a
   * week.
   */
  ttlSeconds: number;
}
