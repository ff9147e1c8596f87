import { toLocalDay } from '../../platform/local-day.ts';
import { toSortCents } from '../../platform/money.ts';
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
    mirrorOf: before?.mirrorOf ?? null,
    sortCents: toSortCents(record.value),
    createdOn:
      record.sourceCreatedAt === null ? null : toLocalDay(timeZone, record.sourceCreatedAt),
    stageEnteredAt:
      before?.stage === record.stage
        ? before.stageEnteredAt
        : (record.sourceUpdatedAt ??
          (before === null ? record.sourceCreatedAt : null) ??
          receivedAt),
  }),
};
