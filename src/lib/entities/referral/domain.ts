import { domainToASCII } from 'node:url';
import { parse } from 'tldts';

/** How to search referrals by domain: by the exact domain, or by its beginning. */
export type DomainMatch = { exact: string } | { prefix: string };

/**
 * Parses a domain as people type it: a website or an e-mail address, in any case. Below a known
 * public suffix it is reduced to the registrable domain, which referrals store; anything else, such
 * as `conto`, is taken as the beginning of a domain.
 */
export function parseDomainMatch(text: string): DomainMatch {
  const { domain, hostname, isIcann, isPrivate } = parse(text.trim(), {
    allowPrivateDomains: true,
  });
  if (domain !== null && (isIcann === true || isPrivate === true))
    return { exact: domainToASCII(domain).toLowerCase() };
  return { prefix: (hostname ?? text.trim()).toLowerCase().replace(/^www\./, '') };
}
