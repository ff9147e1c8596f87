import { isIPv4, isIPv6 } from 'node:net';
import { toNetwork, type Addresses } from './addresses.ts';

/** One mechanism of an SPF record. */
export interface Mechanism {
  name: MechanismName;
  qualifier: '+' | '-' | '~' | '?';
  /** The domain that it names; null for the record's own domain. May contain macros. */
  domainSpec: string | null;
  /** The addresses of "ip4" and "ip6"; null for others. */
  network: Addresses | null;
  /** Prefix lengths of "a" and "mx": so many bits of each address count. */
  prefixes: { four: number; six: number };
}
type MechanismName = (typeof mechanismNames)[number];

export interface SpfRecord {
  /** In the order in which receivers try them. */
  mechanisms: Mechanism[];
  redirect: string | null;
  /** Terms that are not valid; a single one invalidates the record (RFC 7208, section 4.6). */
  invalidTerms: string[];
  /** Valid terms without effect that were meant as mechanisms, such as include=example.com. */
  ineffectiveTerms: string[];
}

const mechanismNames = ['all', 'include', 'a', 'mx', 'ptr', 'ip4', 'ip6', 'exists'] as const;

/** Whether a TXT record is SPF: it begins with the version and a space, or is the version alone. */
export function isSpf(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text);
}

/**
 * Whether a TXT record that is not SPF was probably meant to be: the version is written otherwise,
 * or is missing before terms of SPF.
 */
export function resemblesSpf(text: string): boolean {
  return (
    !isSpf(text) &&
    (/^[\s"'“”\p{Cf}]*(?:v\s*[=:]\s*spf|v?\s*spf\s*[\d:=])/iu.test(text) ||
      /^[\s"']*(?:(?:[-+~?]?(?:a|mx|ptr)|(?:include|ip4|ip6|redirect)[:=]\S+)\s+)+\S*[-+~?]all\b/i.test(
        text,
      ))
  );
}

/** Whether a TXT record is of Sender ID, which RFC 4406 derived from SPF and nobody reads now. */
export const isSenderId = (text: string): boolean => /^\s*(?:v=)?spf2\.0\//i.test(text);

/** Parses a record for which `isSpf` holds. Never throws: bad terms go to `invalidTerms`. */
export function parseSpf(text: string): SpfRecord {
  const record: SpfRecord = {
    mechanisms: [],
    redirect: null,
    invalidTerms: [],
    ineffectiveTerms: [],
  };
  const [, ...terms] = text.split(' ');
  const explanations: string[] = [];
  for (const term of terms.filter((part) => part !== '')) addTerm(record, term, explanations);
  return record;
}

/** Macros expand to names that depend on the message, so nothing can be looked up in advance. */
export function hasMacro(domainSpec: string): boolean {
  return domainSpec.includes('%');
}

/**
 * A modifier is a name, "=" and a value (RFC 7208, section 6). Of "redirect" and "exp" there may be
 * one each, and both name a domain; other values are only free of wrong macros.
 */
function addTerm(record: SpfRecord, term: string, explanations: string[]): void {
  const [, name = '', value = ''] = /^([a-z][\w.-]*)=(.*)$/is.exec(term) ?? [];
  const modifier = name.toLowerCase();
  if (name === '') addMechanism(record, term);
  else if (modifier === 'redirect') addRedirect(record, value, term);
  else if (modifier === 'exp') {
    explanations.push(term);
    if (explanations.length > 1 || !isDomainSpec(value)) record.invalidTerms.push(term);
  } else if (!isMacroString(value)) record.invalidTerms.push(term);
  else if (mechanismNames.some((known) => known === modifier)) record.ineffectiveTerms.push(term);
}

function addRedirect(record: SpfRecord, value: string, term: string): void {
  if (record.redirect !== null || !isDomainSpec(value)) record.invalidTerms.push(term);
  else record.redirect = value;
}

function addMechanism(record: SpfRecord, term: string): void {
  const {
    sign = '+',
    word: mechanismName = '',
    rest = '',
  } = /^(?<sign>[-+~?])?(?<word>[a-z\d]+)(?<rest>.*)$/is.exec(term)?.groups ?? {};
  const name = mechanismNames.find((known) => known === mechanismName.toLowerCase());
  const target = name && parseTarget(name, rest);
  if (name === undefined || target === undefined) record.invalidTerms.push(term);
  else record.mechanisms.push({ name, qualifier: sign as Mechanism['qualifier'], ...target });
}

type Target = Pick<Mechanism, 'domainSpec' | 'network' | 'prefixes'>;

const hosts = { four: 32, six: 128 };
const own: Target = { domainSpec: null, network: null, prefixes: hosts };

/** What stands after a mechanism's name; undefined when it is not valid (RFC 7208, section 5). */
function parseTarget(name: MechanismName, rest: string): Target | undefined {
  if (name === 'ip4' || name === 'ip6') return parseNetwork(name, rest);
  if (name === 'a' || name === 'mx') return parseHosts(rest);
  if (rest === '') return name === 'all' || name === 'ptr' ? own : undefined;
  const domainSpec = rest.slice(1);
  return name !== 'all' && rest.startsWith(':') && isDomainSpec(domainSpec)
    ? { ...own, domainSpec }
    : undefined;
}

function parseHosts(rest: string): Target | undefined {
  const { domain, four, six } =
    /^(?::(?<domain>.*?))?(?:\/(?<four>\d+))?(?:\/\/(?<six>\d+))?$/s.exec(rest)?.groups ?? {
      domain: '',
    };
  const prefixes = { four: parseLength(four, 32), six: parseLength(six, 128) };
  if (prefixes.four === undefined || prefixes.six === undefined) return undefined;
  if (domain !== undefined && !isDomainSpec(domain)) return undefined;
  return { ...own, domainSpec: domain ?? null, prefixes: prefixes as Mechanism['prefixes'] };
}

function parseNetwork(name: 'ip4' | 'ip6', rest: string): Target | undefined {
  const [, address = '', written] = /^:([\d.:a-f]+)(?:\/(\d+))?$/i.exec(rest) ?? [];
  const length = parseLength(written, name === 'ip4' ? 32 : 128);
  const isValid = name === 'ip4' ? isIPv4(address) : isIPv6(address);
  return isValid && length !== undefined
    ? { ...own, network: toNetwork(address, length) }
    : undefined;
}

/** A prefix length without leading zeros; all bits when none is written. */
function parseLength(text: string | undefined, bits: number): number | undefined {
  if (text === undefined) return bits;
  return /^(?:0|[1-9]\d{0,2})$/.test(text) && Number(text) <= bits ? Number(text) : undefined;
}

/*
 * RFC 7208, section 7.1. The letters c, r and t are for the text of an explanation alone, and a
 * number of parts is not zero (section 7.3).
 */
const macro = String.raw`%(?:\{[slodiphv](?:0*[1-9]\d*)?r?[-.+,/_=]*\}|[%_-])`;
const literal = '[!-$&-~]';
const topLabel = String.raw`(?:[a-z\d]*[a-z][a-z\d]*|[a-z\d]+-[a-z\d-]*[a-z\d])`;
const macroString = new RegExp(`^(?:${macro}|${literal})*$`, 'i');
const domainEnd = new RegExp(String.raw`(?:\.${topLabel}\.?|${macro})$`, 'i');

const isMacroString = (text: string): boolean => macroString.test(text);

/** A name of at least two labels, of which the last is no number, or one that ends in a macro. */
function isDomainSpec(text: string): boolean {
  if (!isMacroString(text) || !domainEnd.test(text)) return false;
  return (
    hasMacro(text) ||
    (text.length <= 253 && /^(?:[!-\-0-~]{1,63}\.)+[!-\-0-~]{1,63}\.?$/.test(text))
  );
}
