import { toLocalDay } from '../../platform/local-day.ts';
import { toSortCents } from '../../platform/money.ts';
import type { EntityDefinition } from '../definition.ts';
import { referrals } from '../../schema/referrals.ts';

export const referralEntity: EntityDefinition<'referral'> = {
  name: 'referral',
  table: referrals,
  derive: ({ sourceCreatedAt, dealValue }, _before, { timeZone }) => ({
    sortCents: toSortCents(dealValue),
    createdOn: sourceCreatedAt === null ? null : toLocalDay(timeZone, sourceCreatedAt),
  }),
};
