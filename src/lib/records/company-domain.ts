import { domainToASCII } from 'node:url';
import { getDomain } from 'tldts';

export type CompanyDomain = { domain: string; reason: null } | { domain: null; reason: string };

/** Mailboxes that anybody can have: their domain says nothing of a company. */
const MAILBOX_PROVIDERS = new Set([
  'aol.com',
  'gmail.com',
  'gmx.com',
  'gmx.de',
  'gmx.net',
  'googlemail.com',
  'hotmail.com',
  'hotmail.co.uk',
  'icloud.com',
  'live.com',
  'mac.com',
  'mail.com',
  'mail.ru',
  'me.com',
  'msn.com',
  'outlook.com',
  'proton.me',
  'protonmail.com',
  'qq.com',
  'web.de',
  'yahoo.co.uk',
  'yahoo.com',
  'yandex.com',
  'yandex.ru',
  'ymail.com',
  'zoho.com',
  '163.com',
  '126.com',
]);

/**
 * The registrable domain of a company: of its website, else of the first e-mail address of its
 * people that is not a mailbox provider's. Lower case, international names in their ASCII form.
 */
export function parseCompanyDomain(
  website: string | null,
  emails: readonly string[],
): CompanyDomain {
  const fromWebsite = website === null ? null : parseRegistrableDomain(website);
  if (fromWebsite !== null) return { domain: fromWebsite, reason: null };
  const hosts = emails
    .flatMap((email) => /@([^@\s]+)$/.exec(email.trim())?.[1] ?? [])
    .flatMap((host) => parseRegistrableDomain(host) ?? []);
  const [own] = hosts.filter((host) => !MAILBOX_PROVIDERS.has(host));
  if (own !== undefined) return { domain: own, reason: null };
  if (hosts.length > 0)
    return {
      domain: null,
      reason: 'There is no website, and the e-mail addresses are of a mailbox provider.',
    };
  return {
    domain: null,
    reason:
      website === null && emails.length === 0
        ? 'There is neither a website nor an e-mail address.'
        : 'Neither the website nor an e-mail address holds a domain.',
  };
}

/**
 * Below a public suffix, those that companies run for their customers (github.io) included: each
 * customer is one of its own.
 */
function parseRegistrableDomain(address: string): string | null {
  const domain = getDomain(address.trim(), { allowPrivateDomains: true });
  const ascii = domain === null ? '' : domainToASCII(domain);
  return ascii === '' ? null : ascii.toLowerCase();
}
