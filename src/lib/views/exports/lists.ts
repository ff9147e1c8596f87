import { countMatch, matchLeads, selectLeadPage } from '../../entities/lead/queries.ts';
import { notePage } from '../../entities/note/queries.ts';
import { selectOpportunityPage } from '../../entities/opportunity/queries.ts';
import { selectReferralPage } from '../../entities/referral/queries.ts';
import { upcomingPage } from '../../entities/scheduled-activity/queries.ts';
import { parsePeriod } from '../../platform/period.ts';
import { selectHotListPage } from '../../summaries/hot-list-items/queries.ts';
import { parseHotListFilter } from '../hot-list.ts';
import { parseLeadFilter } from '../../entities/lead/filter.ts';
import { parseNotesRequest } from '../notes.ts';
import { parsePipelineFilter, toOpportunityQuery } from '../pipeline.ts';
import { parseReferralFilter } from '../referrals.ts';
import { getToday } from '../workspace.ts';
import {
  activityColumns,
  hotListColumns,
  leadColumns,
  noteColumns,
  opportunityColumns,
  referralColumns,
} from './columns.ts';
import { defineList, type ExportList, type ExportRequest } from './list.ts';
import { pushList } from './pushes.ts';

const parseRequestPeriod = (request: ExportRequest) =>
  parsePeriod(request.params, getToday(request, request.now));

const leads = defineList({
  title: 'Leads',
  columns: leadColumns,
  filter: (request) => ({
    ...parseLeadFilter(request.params),
    period: parseRequestPeriod(request),
  }),
  scope: ({ period }) => period.label,
  count: async (tx, { tenant }, filter, max) => {
    const match = await matchLeads(tx, tenant.id, filter.period, filter);
    return (await countMatch(tx, match, max)).total;
  },
  page: (tx, { tenant }, filter, cursor, size) =>
    selectLeadPage(tx, tenant.id, filter.period, { ...filter, cursor }, size),
});

const pipeline = defineList({
  title: 'Pipeline',
  columns: opportunityColumns,
  filter: (request) =>
    toOpportunityQuery(
      parsePipelineFilter(request.params),
      parseRequestPeriod(request),
      request.now,
    ),
  scope: ({ period }) => period.label,
  page: (tx, { tenant }, { period, filter }, cursor, size) =>
    selectOpportunityPage(tx, tenant.id, period, { ...filter, cursor }, size),
});

const hotList = defineList({
  title: 'Hot List',
  columns: hotListColumns,
  filter: ({ params }) => parseHotListFilter(params),
  page: (tx, { tenant }, filter, cursor, size) =>
    selectHotListPage(tx, tenant.id, filter, cursor, size),
});

const referrals = defineList({
  title: 'Referrals',
  columns: referralColumns,
  filter: (request) => ({
    ...parseReferralFilter(request.params),
    period: parseRequestPeriod(request),
  }),
  scope: ({ period }) => period.label,
  page: (tx, { tenant }, { period: { from, to }, ...filter }, cursor, size) =>
    selectReferralPage(tx, tenant.id, { ...filter, from, to }, cursor, size),
});

const notes = defineList({
  title: 'Notes',
  columns: noteColumns,
  filter: ({ params }) => parseNotesRequest(params).search,
  page: (tx, { tenant }, search, cursor, size) => notePage(tx, tenant.id, search, cursor, size),
});

const schedule = defineList({
  title: 'Schedule',
  columns: activityColumns,
  filter: () => null,
  page: (tx, { tenant, now }, _filter, cursor, size) =>
    upcomingPage(tx, tenant.id, now, cursor, size),
});

/** The exportable lists, by the last part of the address of their page. */
export const exportLists: ReadonlyMap<string, ExportList> = new Map([
  ['leads', leads],
  ['pipeline', pipeline],
  ['hot-list', hotList],
  ['referrals', referrals],
  ['notes', notes],
  ['schedule', schedule],
  ['pushes', pushList],
]);
