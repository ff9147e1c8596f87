import type { LeadLink } from '#lib/views/lead-links.ts';
import { dateTime } from '../ui/format.ts';
import type { LinkedEntity, MatchedBy } from '#lib/records/link.ts';

export const entityWords: Record<LinkedEntity, string> = {
  lead: 'Lead',
  contact: 'Contact',
  company: 'Company',
  opportunity: 'Opportunity',
};

const matchWords: Record<MatchedBy, string> = {
  email: 'same e-mail address',
  domain: 'same domain',
  name: 'same name and company',
};

/** Why a record is linked with a lead, in words. */
export function explainLink(link: LeadLink, timeZone: string): string {
  const on = dateTime(link.at, timeZone);
  const by = link.by ?? 'a person';
  if (link.rejected) return `not the same, said ${by} on ${on}`;
  switch (link.origin) {
    case 'manual':
      return `linked by ${by} on ${on}`;
    case 'push':
      return `pushed on ${on}`;
    case 'conversion':
      return `${link.system} says so`;
    case 'match':
      return link.matchedBy === null ? 'matched' : matchWords[link.matchedBy];
  }
}
