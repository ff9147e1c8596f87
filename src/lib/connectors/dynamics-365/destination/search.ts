import type { ObjectRole, SearchKey } from '../../contract/destination.ts';
import { isAtDomain } from '../../kit/destination.ts';

/** The field with the id of our lead, in environments that have our solution. */
export const OUR_KEY = 'hnt_leadid';

/** In an OData literal, a quote is doubled. */
export const quoteLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The `$filter` of a search; null when the table lacks the fields for it. */
export function buildFilter(
  role: ObjectRole,
  key: SearchKey,
  hasField: (name: string) => boolean,
): string | null {
  switch (key.by) {
    case 'ours':
      return hasField(OUR_KEY) ? `${OUR_KEY} eq ${quoteLiteral(key.leadId)}` : null;
    case 'email':
      return hasField('emailaddress1') ? `emailaddress1 eq ${quoteLiteral(key.email)}` : null;
    case 'domain':
      return buildDomainFilter(quoteLiteral(key.domain), hasField);
    case 'lead':
      return role === 'deal' ? `_originatingleadid_value eq ${key.remoteLeadId}` : null;
  }
}

function buildDomainFilter(domain: string, hasField: (name: string) => boolean): string | null {
  const parts = [
    ...(hasField('hnt_domain') ? [`hnt_domain eq ${domain}`] : []),
    ...(hasField('websiteurl') ? [`contains(websiteurl,${domain})`] : []),
  ];
  return parts.length === 0 ? null : parts.join(' or ');
}

/**
 * Whether the website of a row, if any, is at the domain or below it. The filter only finds its
 * letters, which notexample.com and example.com.evil.net contain as well.
 */
export function matchesDomain(row: Record<string, unknown>, domain: string): boolean {
  const website = row['websiteurl'];
  return typeof website !== 'string' || website.trim() === '' || isAtDomain(website, domain);
}
