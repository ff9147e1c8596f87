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
  const quoted = terms
    .slice(0, MAX_QUOTED_TERMS)
    .map((term) => `"${term.slice(0, MAX_QUOTED_CHARACTERS)}"`)
    .join(', ');
  return error(
    'spf.syntax',
    `The record of ${domain} contains ${quoted}, which is not valid, so receivers ignore the ` +
      'whole record. Correct or remove it.',
  );
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
