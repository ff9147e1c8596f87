import { domainToASCII } from 'node:url';
import { parse } from 'tldts';

/** What referrals are found by that belong to a domain: the whole of it, or how it begins. */
export type DomainMatch = { exact: string } | { prefix: string };

/**
 * Reads a domain as people write it (a website, an e-mail address, in any case): below a known
 * public suffix it means the registrable domain, which is what referrals keep; anything else, such
 * as `conto`, is how a domain begins.
 */
export function parseDomainMatch(text: string): DomainMatch {
  const { domain, hostname, isIcann, isPrivate } = parse(text.trim(), {
    allowPrivateDomains: true,
  });
  if (domain !== null && (isIcann === true || isPrivate === true))
    return { exact: domainToASCII(domain).toLowerCase() };
  return { prefix: (hostname ?? text.trim()).toLowerCase().replace(/^www\./, '') };
}
