import { describe, expect, it } from 'vitest';
import { exportLists } from '#lib/views/exports/lists.ts';

const tenant = { id: 't', slug: 'north', name: 'North', timeZone: 'UTC', currency: 'EUR' };
const headings = (list: string) =>
  exportLists
    .get(list)
    ?.columns(tenant)
    .map(({ header }) => header)
    .join(', ');

describe('the columns of an export', () => {
  it.each([
    [
      'leads',
      'Name, Company, E-mail, Phone, Source, Status, Qualified, Value (EUR), Assigned to, ' +
        'Created, Updated, Domain, Score, Segment, Priority, Mail provider, Company size, ' +
        'Referral, CRM, Last contacted',
    ],
    [
      'pipeline',
      'Name, Company, Stage, Outcome, Source, Value (EUR), In this stage since, Created',
    ],
    [
      'hot-list',
      'Candidate Name, Market, Units, Franchise Fee (EUR), Weighted IFF (EUR), Stage, Likely %',
    ],
    [
      'referrals',
      'Name, Company, Type, Status, Substatus, Direction, Deal value, Currency, Domain, ' +
        'Reason for no domain, Created, Updated',
    ],
    ['notes', 'Date, Author, Contact, Content'],
    ['schedule', 'When, Type, Contact, Description, Status'],
  ])('of %s keep their order', (list, expected) => {
    expect(headings(list)).toBe(expected);
  });
});
