import { listNotes } from '../entities/note/queries.ts';
import { upcomingActivities } from '../entities/scheduled-activity/queries.ts';
import { chooseUnit, cutIntoBuckets } from '../platform/buckets.ts';
import { addDays, addYears, type Period } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { selectHotListPage, sumHotListTotals } from '../summaries/hot-list-items/queries.ts';
import { countLeadTrend } from '../summaries/lead-metrics/queries.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { readLeadBreakdowns, toLeadFigures, toLeadShares } from './leads.ts';
import { readPipelines } from './pipeline-stages.ts';
import { toPipelineFigures } from './pipeline.ts';
import type { LeadTrend, OverviewView } from './types.ts';
import { getToday, type Workspace } from './workspace.ts';

/** The number of rows of each short list. */
const shortListSize = 5;

/** Everything on the Dashboard page, as of one moment. */
export function getOverviewView(
  workspace: Workspace,
  period: Period,
  now = new Date(),
): Promise<OverviewView> {
  const { id } = workspace.tenant;
  return readTenant(
    id,
    async (tx) => {
      const [leads, { pipelines, sums }, hotTotals, leadTrend, hotPage, schedule, notes] =
        await Promise.all([
          readLeadBreakdowns(tx, id, period),
          readPipelines(tx, id, period, now),
          sumHotListTotals(tx, id, {}),
          readTrend(tx, id, period, getToday(workspace, now)),
          selectHotListPage(tx, id, {}, undefined, shortListSize),
          upcomingActivities(tx, id, now, shortListSize),
          listNotes(tx, id, { limit: shortListSize, offset: 0, search: '' }),
        ]);
      const { total, qualified } = toLeadFigures(period, leads);
      const { openValue, wonValue } = toPipelineFigures(period, sums);
      return {
        leads: total,
        qualified,
        openValue,
        wonValue,
        weightedIff: hotTotals.weighted,
        leadTrend,
        bySource: toLeadShares(period, leads).bySource,
        pipelines,
        hotList: hotPage.rows.map(({ sortValue: _sortValue, ...row }) => row),
        schedule,
        notes,
      };
    },
    { mayLag: true },
  );
}

/** Counts new leads over the period; "all time" shows the last twelve months. */
async function readTrend(
  tx: Tx,
  tenantId: string,
  period: Period,
  day: string,
): Promise<LeadTrend> {
  const range = {
    from: period.from ?? addDays(addYears(day, -1), 1),
    to: period.to ?? day,
  };
  const unit = chooseUnit(range);
  const buckets = cutIntoBuckets(unit, range);
  const counts = await countLeadTrend(tx, tenantId, buckets);
  return { unit, points: buckets.map((bucket, at) => ({ ...bucket, count: counts[at] ?? 0 })) };
}
