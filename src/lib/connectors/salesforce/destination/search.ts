import type { SearchKey } from '../../contract/destination.ts';
import { isAtDomain } from '../../kit/destination.ts';
import { readText } from '../mapping/values.ts';
import { OUR_KEY } from '../our-key.ts';
import { formatText } from '../soql.ts';

/** The condition of a search; null when leads lack the fields for it. */
export function buildCondition(key: SearchKey, hasField: (name: string) => boolean): string | null {
  switch (key.by) {
    case 'ours':
      return `${OUR_KEY} = ${formatText(key.leadId)}`;
    case 'email':
      return hasField('Email') ? `Email = ${formatText(key.email)}` : null;
    case 'domain':
      return buildDomainCondition(key.domain, hasField);
    case 'lead':
      return null;
  }
}

function buildDomainCondition(domain: string, hasField: (name: string) => boolean): string | null {
  // In a pattern, these two stand for any text and any character.
  const letters = formatText(domain).slice(1, -1).replace(/[%_]/g, '\\$&');
  const parts = [
    ...(hasField('Website') ? [`Website LIKE '%${letters}%'`] : []),
    ...(hasField('Email') ? [`Email LIKE '%@${letters}'`] : []),
  ];
  return parts.length === 0 ? null : `(${parts.join(' OR ')})`;
}

/**
 * Whether the website or e-mail address of a row is at the domain or below it. The condition only
 * finds its letters, which notexample.com and example.com.evil.net contain as well.
 */
export function matchesDomain(row: object, domain: string): boolean {
  const email = readText(row, 'Email')?.toLowerCase() ?? '';
  return isAtDomain(readText(row, 'Website') ?? '', domain) || email.endsWith(`@${domain}`);
}
