import { listNotes } from '../entities/note/queries.ts';
import { upcomingActivities } from '../entities/scheduled-activity/queries.ts';
import { addDays, addYears, daysBetween, type Period } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { selectHotListPage } from '../summaries/hot-list-items/queries.ts';
import { countLeadTrend } from '../summaries/lead-metrics/queries.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { readLeadBreakdowns, toLeadFigures, toLeadShares } from './leads.ts';
import { readStages } from './pipeline-stages.ts';
import { toPipelineFigures } from './pipeline.ts';
import type { OverviewView, TrendPoint } from './types.ts';
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
      const leads = await readLeadBreakdowns(tx, id, period);
      const { total, qualified } = toLeadFigures(period, leads);
      const { rows: stages, sums } = await readStages(tx, id, period, now);
      return {
        leads: total,
        qualified,
        pipelineValue: toPipelineFigures(period, sums).totalValue,
        weightedIff: sums.reduce((weighted, stage) => weighted + stage.weighted, 0),
        leadTrend: await readTrend(tx, id, period, getToday(workspace, now)),
        bySource: toLeadShares(period, leads).bySource,
        stages,
        hotList: (await selectHotListPage(tx, id, {}, undefined, shortListSize)).rows.map(
          ({ sortValue: _sortValue, ...row }) => row,
        ),
        schedule: await upcomingActivities(tx, id, now, shortListSize),
        notes: await listNotes(tx, id, { limit: shortListSize, offset: 0, search: '' }),
      };
    },
    { mayLag: true },
  );
}

/**
 * Counts new leads by week for up to half a year, else by month; "all time" shows the last twelve
 * months.
 */
async function readTrend(
  tx: Tx,
  tenantId: string,
  period: Period,
  day: string,
): Promise<TrendPoint[]> {
  const from = period.from ?? addDays(addYears(day, -1), 1);
  const to = period.to ?? day;
  const bucket = daysBetween(from, to) <= 184 ? 'week' : 'month';
  const found = new Map(
    (await countLeadTrend(tx, tenantId, bucket, { from, to })).map((point) => [
      point.from,
      point.count,
    ]),
  );
  return listBucketStarts(bucket, from, to).map((start) => ({
    from: start,
    count: found.get(start) ?? 0,
  }));
}

/** Lists the first day of every bucket that overlaps the range. */
export function listBucketStarts(bucket: 'week' | 'month', from: string, to: string): string[] {
  const starts = [];
  for (
    let start = toBucketStart(bucket, from);
    start <= to;
    start = toBucketStart(bucket, addDays(start, bucket === 'week' ? 7 : 31))
  )
    starts.push(start);
  return starts;
}

function toBucketStart(bucket: 'week' | 'month', day: string): string {
  if (bucket === 'month') return `${day.slice(0, 8)}01`;
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  return addDays(day, -weekday);
}
