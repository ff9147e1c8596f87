import { dayIn } from '../../platform/day.ts';
import { sortCents } from '../../platform/money.ts';
import type { EntityDefinition } from '../definition.ts';
import { referrals } from '../../schema/referrals.ts';

export const referralEntity: EntityDefinition<'referral'> = {
  name: 'referral',
  table: referrals,
  derive: ({ sourceCreatedAt, dealValue }, _before, { timeZone }) => ({
    sortCents: sortCents(dealValue),
    createdOn: sourceCreatedAt === null ? null : dayIn(timeZone, sourceCreatedAt),
  }),
};
