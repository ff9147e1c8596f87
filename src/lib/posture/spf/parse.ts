import { isIPv4, isIPv6 } from 'node:net';

/** One mechanism of an SPF record. */
export interface Mechanism {
  name: MechanismName;
  qualifier: '+' | '-' | '~' | '?';
  /** The domain that it names; null for the record's own domain. May contain macros. */
  domainSpec: string | null;
}
type MechanismName = (typeof mechanismNames)[number];

export interface SpfRecord {
  /** In the order in which receivers try them. */
  mechanisms: Mechanism[];
  redirect: string | null;
  /** Terms that are not valid; a single one invalidates the record (RFC 7208, section 4.6). */
  invalidTerms: string[];
}

const mechanismNames = ['all', 'include', 'a', 'mx', 'ptr', 'ip4', 'ip6', 'exists'] as const;

/** Whether a TXT record is SPF: it begins with the version and a space, or is the version alone. */
export function isSpf(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text);
}

/** Parses a record for which `isSpf` holds. Never throws: bad terms go to `invalidTerms`. */
export function parseSpf(text: string): SpfRecord {
  const record: SpfRecord = { mechanisms: [], redirect: null, invalidTerms: [] };
  const [, ...terms] = text.split(' ');
  for (const term of terms.filter((part) => part !== '')) addTerm(record, term);
  return record;
}

/** Macros expand to names that depend on the message, so nothing can be looked up in advance. */
export function hasMacro(domainSpec: string): boolean {
  return domainSpec.includes('%');
}

function addTerm(record: SpfRecord, term: string): void {
  const [, name = '', value = ''] = /^([a-z][\w.-]*)=(.*)$/i.exec(term) ?? [];
  if (name === '') addMechanism(record, term);
  else if (name.toLowerCase() === 'redirect') addRedirect(record, value, term);
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
  } = /^(?<sign>[-+~?])?(?<word>[a-z\d]+)(?<rest>.*)$/i.exec(term)?.groups ?? {};
  const name = mechanismNames.find((known) => known === mechanismName.toLowerCase());
  const domainSpec = name && parseDomainSpec(name, rest);
  if (name === undefined || domainSpec === undefined) record.invalidTerms.push(term);
  else record.mechanisms.push({ name, qualifier: sign as Mechanism['qualifier'], domainSpec });
}

/** The domain after a mechanism's name; undefined when that part is not valid. */
function parseDomainSpec(name: MechanismName, rest: string): string | null | undefined {
  if (name === 'all') return rest === '' ? null : undefined;
  if (name === 'ip4' || name === 'ip6')
    return isNetwork(name, rest.slice(1)) && rest.startsWith(':') ? null : undefined;
  const { domain, lengths = '' } =
    /^(?::(?<domain>.*?))?(?<lengths>(?:\/\d{1,3})?(?:\/\/\d{1,3})?)$/.exec(rest)?.groups ?? {
      domain: '',
    };
  if (domain === undefined)
    return name === 'include' || name === 'exists'
      ? undefined
      : isCidrLength(name, lengths)
        ? null
        : undefined;
  return isDomainSpec(domain) && isCidrLength(name, lengths) ? domain : undefined;
}

function isCidrLength(name: MechanismName, lengths: string): boolean {
  if (lengths === '') return true;
  const { four = '0', six = '0' } =
    /^(?:\/(?<four>\d+))?(?:\/\/(?<six>\d+))?$/.exec(lengths)?.groups ?? {};
  return (name === 'a' || name === 'mx') && Number(four) <= 32 && Number(six) <= 128;
}

function isNetwork(name: 'ip4' | 'ip6', text: string): boolean {
  const [address = '', length = '0', ...more] = text.split('/');
  if (more.length > 0 || !/^\d{1,3}$/.test(length)) return false;
  return name === 'ip4'
    ? isIPv4(address) && Number(length) <= 32
    : isIPv6(address) && Number(length) <= 128;
}

function isDomainSpec(domainSpec: string): boolean {
  if (hasMacro(domainSpec))
    return /^(?:%(?:[%_-]|\{[a-z]\d*r?[.+,/_=-]*\})|[!-$&-~])+$/i.test(domainSpec);
  return domainSpec.length <= 253 && /^(?:[!-\-0-~]{1,63}\.)+[!-\-0-~]{1,63}\.?$/.test(domainSpec);
}
