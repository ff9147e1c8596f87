import { domainToASCII } from 'node:url';
import { parse } from 'tldts';
import { customerSuffixes, isMailboxHost, isPlatform, type Host } from './shared-hosts.ts';

export type CompanyDomain = { domain: string; reason: null } | { domain: null; reason: string };

/**
 * What an address identifies: a company's own domain; the name that a company has at a host for
 * customers (acme.github.io); or nothing, because many share the mailbox provider or the platform.
 */
type Kind = 'own' | 'customer' | 'mailbox' | 'platform';
interface Address {
  kind: Kind;
  domain: string;
}

/**
 * The registrable domain of a company: of its website, else of the first e-mail address of its
 * people that is not a mailbox provider's. A website at a host for customers counts last, because
 * it has no mail and is often given up for a domain. A website on a platform counts for nothing.
 * Lower case, international names in their ASCII form. Both may be as people paste them: each
 * may hold several addresses, and the website an e-mail address. Never throws.
 */
export function parseCompanyDomain(
  website: string | null,
  emails: readonly string[],
): CompanyDomain {
  const sites = website === null ? [] : readWebsite(website);
  const mailboxes = emails.flatMap(readEmail);
  const found =
    sites.find(({ kind }) => kind === 'own') ??
    mailboxes.find(({ kind }) => kind === 'own' || kind === 'customer') ??
    sites.find(({ kind }) => kind === 'customer');
  if (found !== undefined) return { domain: found.domain, reason: null };
  return { domain: null, reason: explainMissing(website, sites, emails, mailboxes) };
}

/** The first registrable domain in what a person typed, whoever owns it; null if there is none. */
export function parseDomain(text: string): string | null {
  return readWebsite(text)[0]?.domain ?? null;
}

function explainMissing(
  website: string | null,
  sites: readonly Address[],
  emails: readonly string[],
  mailboxes: readonly Address[],
): string {
  if (website === null && emails.length === 0)
    return 'There is neither a website nor an e-mail address.';
  if (sites.length === 0 && mailboxes.length === 0)
    return 'Neither the website nor an e-mail address holds a domain.';
  return `${describeSites(website, sites)}, and ${describeMailboxes(emails, mailboxes)}.`;
}

function describeSites(website: string | null, [first]: readonly Address[]): string {
  if (website === null) return 'There is no website';
  if (first === undefined) return 'The website holds no domain';
  return first.kind === 'mailbox'
    ? 'The website is that of a mailbox provider'
    : 'The website is a page of a platform that many companies share';
}

function describeMailboxes(emails: readonly string[], mailboxes: readonly Address[]): string {
  if (emails.length === 0) return 'there is no e-mail address';
  return mailboxes.length === 0
    ? 'no e-mail address holds a domain'
    : 'the e-mail addresses are of a mailbox provider';
}

/** Characters that are read of a field; whatever comes after them names no address. */
const MAX_LENGTH = 2_000;

/** `http//`, `http:\`, `https;//` and `htp://` are read as what they were meant to be. */
const schemes = /\b(?:h?t{1,2}ps?|ftps?)(?:[:;]\s*\/*|[.,]?\s*\/+)\s*|\bmailto:\s*/gi;
const separators = /[\s,;|<>"'()[\]{}]+/u;

/** The addresses of a website field, in their order. */
function readWebsite(text: string): Address[] {
  return tidy(text)
    .replaceAll(schemes, ' ')
    .split(separators)
    .flatMap((part) => {
      const [, before = '', path = ''] = /^\/*([^/?#]*)(.*)$/s.exec(part) ?? [];
      // An e-mail address in place of a website, or the user and password of a URL.
      const isMail = before.includes('@');
      const host = parseHost(before.slice(before.lastIndexOf('@') + 1).replace(/:\d*$/, ''));
      return host === null ? [] : [isMail ? classifyMail(host) : classifySite(host, path)];
    });
}

/**
 * The addresses of an e-mail field, in their order: `Name <a@b.example>`, lists, links. A pattern
 * and not a parser of RFC 5322, because people type what that grammar refuses.
 */
function readEmail(text: string): Address[] {
  return [...tidy(text).matchAll(/@([^\s@<>()[\]{}",;:/?#|']+)/gu)].flatMap(([, name = '']) => {
    const host = parseHost(name);
    return host === null ? [] : [classifyMail(host)];
  });
}

/** Takes out what pasting brings along: other widths of letters, invisible signs, stray blanks. */
function tidy(text: string): string {
  if (/^[\w.:/@-]+$/.test(text)) return text;
  return text
    .slice(0, MAX_LENGTH)
    .normalize('NFKC')
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll('\\', '/')
    .replaceAll('。', '.')
    .replaceAll(/ ?[([] ?at ?[)\]] ?| ?@ ?/gi, '@')
    .replaceAll(/\bwww ?\. ?/gi, 'www.')
    .replaceAll(/ \.(?=\p{L})| ?\. (?=(?:com|net|org|edu|gov|info|biz)\b)/gu, '.');
}

interface ParsedHost extends Host {
  /** Below a suffix that a company runs for its customers (github.io). */
  isCustomer: boolean;
  /** Such a suffix itself. */
  isShared?: boolean;
}

function parseHost(text: string): ParsedHost | null {
  const name = domainToASCII(text.replace(/^[.*]+|\.+$/g, '')).toLowerCase();
  if (!isDomainName(name)) return null;
  const customer = parseCustomer(name);
  if (customer !== null) return customer;
  const { domain, publicSuffix, isPrivate } = parse(name, {
    allowPrivateDomains: true,
    extractHostname: false,
  });
  if (publicSuffix === null) return null;
  if (domain === null)
    return isPrivate === true
      ? { hostname: name, domain: name, suffix: publicSuffix, isCustomer: true, isShared: true }
      : null;
  return { hostname: name, domain, suffix: publicSuffix, isCustomer: isPrivate === true };
}

/** An organisation has the same name below each of the suffixes; the shorter one stands for all. */
function parseCustomer(hostname: string): ParsedHost | null {
  const suffix = customerSuffixes.find((each) => hostname.endsWith(`.${each}`));
  const label = hostname
    .slice(0, -(suffix?.length ?? 0) - 1)
    .split('.')
    .at(-1);
  if (suffix === undefined || label === undefined) return null;
  const domain = `${label}.${suffix.replace(/^mail\./, '')}`;
  return { hostname, domain, suffix, isCustomer: true };
}

/** At least two labels of letters, digits and hyphens, the last of them no number or initial. */
function isDomainName(name: string): boolean {
  const labels = name.split('.');
  return (
    name.length <= 253 &&
    labels.length > 1 &&
    labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label)) &&
    /^(?!\d+$).{2,}$/.test(labels.at(-1) ?? '')
  );
}

function classifyMail(host: ParsedHost): Address {
  const { domain, isCustomer, isShared } = host;
  if (isShared || isMailboxHost(host)) return { domain, kind: 'mailbox' };
  return { domain, kind: isCustomer ? 'customer' : 'own' };
}

function classifySite(host: ParsedHost, path: string): Address {
  return host.isShared || isPlatform(host, path)
    ? { domain: host.domain, kind: 'platform' }
    : classifyMail(host);
}
