import { error, info, warning } from '../findings.ts';
import type { Finding } from '../types.ts';

/** How one record leads to another. */
export type Link = 'include' | 'redirect';

/** A message quotes at most so many terms, and so many characters of each. */
const MAX_QUOTED_TERMS = 3;
const MAX_QUOTED_CHARACTERS = 80;

export function reportTooManyLookups(lookups: number, limit: number, counted: number): Finding {
  const many = lookups >= counted ? `${counted} or more` : `${lookups}`;
  return error(
    'spf.too_many_lookups',
    `The record needs ${many} DNS lookups, but receivers stop after ${limit}. ` +
      'Remove includes that are no longer needed.',
  );
}

export function reportTooManyVoidLookups(voidLookups: number, limit: number): Finding {
  return error(
    'spf.too_many_void_lookups',
    `${voidLookups} of the names in the record do not exist or have no records, but receivers ` +
      `stop after ${limit}. Remove those names.`,
  );
}

export function reportInvalidTerms(domain: string, terms: readonly string[]): Finding {
  const hint = terms.map(suggestTerm).find((suggested) => suggested !== undefined);
  return error(
    'spf.syntax',
    `The record of ${domain} contains ${quoteTerms(terms)}, which is not valid, so receivers ` +
      `ignore the whole record. ${hint ?? 'Correct or remove it.'}`,
  );
}

/** Terms that receivers take for unknown modifiers, which they have to ignore. */
export function reportIneffectiveTerms(domain: string, terms: readonly string[]): Finding {
  const meant = terms.map((term) => term.replace('=', ':').replace(/^all:.*/i, '-all'));
  return warning(
    'spf.ineffective',
    `The record of ${domain} contains ${quoteTerms(terms)}, which has no effect because of the ` +
      `"=". Write ${quoteTerms(meant)}.`,
  );
}

function quoteTerms(terms: readonly string[]): string {
  return terms
    .slice(0, MAX_QUOTED_TERMS)
    .map((term) => `"${term.slice(0, MAX_QUOTED_CHARACTERS)}"`)
    .join(', ');
}

/** What people mean by the mistakes that they often make. */
function suggestTerm(term: string): string | undefined {
  const [, name = '', separator = ''] = /^[-+~?]?([a-z\d]+)([:=]?)/i.exec(term) ?? [];
  const known = name.toLowerCase();
  if (known === 'redirect' || known === 'exp')
    return separator === ':'
      ? `Write "${known}=" with an equals sign.`
      : `It may stand in a record once and has to name a domain.`;
  if (/^(?:ip|ipv4|ipv6)$/.test(known)) return 'Write "ip4:" or "ip6:" before an address.';
  if (/%\{?/.test(term)) return 'Correct its macro or remove it.';
  if (known === 'ip4' || known === 'ip6')
    return 'Write a whole address and, if need be, a prefix length without leading zeros.';
  if (/^\d+\.\d+\.\d+\.\d+/.test(term) || (known === 'a' && /:\d+(?:\.\d+){3}/.test(term)))
    return 'Write "ip4:" before an address.';
  return undefined;
}

export function reportAfterAll(domain: string): Finding {
  return info(
    'spf.after_all',
    `Receivers ignore everything after "all" in the record of ${domain}.`,
  );
}

export function reportRedirectIgnored(domain: string): Finding {
  return info(
    'spf.redirect_ignored',
    `The redirect in the record of ${domain} has no effect because the record contains "all".`,
  );
}

export function reportPtr(domain: string): Finding {
  return warning(
    'spf.ptr',
    `The record of ${domain} uses "ptr", which is slow and ignored by some receivers. ` +
      'List the addresses instead.',
  );
}

export function reportMacro(domain: string): Finding {
  return info(
    'spf.macro',
    `The record of ${domain} uses macros, whose names depend on each message. They count as ` +
      'lookups but cannot be followed.',
  );
}

export function reportLoop(path: readonly string[]): Finding {
  return error(
    'spf.loop',
    `The records include each other in a loop: ${path.join(' to ')}. Remove one of the includes.`,
  );
}

/** The record that an include or a redirect names is missing, or there are several. */
export function reportBadTarget(link: Link, name: string, records: number): Finding {
  if (records === 0)
    return error(
      `spf.${link}_without_record`,
      `${name} has no SPF record, so the ${link} makes the whole record invalid. ` +
        `Remove the ${link}.`,
    );
  return error(
    `spf.${link}_several_records`,
    `${name} has ${records} SPF records where only one is allowed, so the ${link} makes the ` +
      `whole record invalid. Tell the owner of ${name}, or remove the ${link}.`,
  );
}

export function reportTooManyMx(name: string, hosts: number, limit: number): Finding {
  return error(
    'spf.too_many_mx',
    `"mx" stands for the ${hosts} mail servers of ${name}, but receivers accept at most ` +
      `${limit}. List the addresses instead.`,
  );
}
