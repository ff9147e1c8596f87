import { dayIn } from '../../platform/day.ts';
import { sortCents } from '../../platform/money.ts';
import type { EntityDefinition } from '../definition.ts';
import { opportunities } from '../../schema/opportunities.ts';

export const opportunityEntity: EntityDefinition<'opportunity'> = {
  name: 'opportunity',
  table: opportunities,
  history: {
    since: 'stageEnteredAt',
    isLost: (record, before) => before === null || before.stage !== record.stage,
  },
  derive: (record, before, { timeZone, receivedAt }) => ({
    sortCents: sortCents(record.value),
    createdOn: record.sourceCreatedAt === null ? null : dayIn(timeZone, record.sourceCreatedAt),
    stageEnteredAt:
      before?.stage === record.stage
        ? before.stageEnteredAt
        : (record.sourceUpdatedAt ??
          (before === null ? record.sourceCreatedAt : null) ??
          receivedAt),
  }),
};
