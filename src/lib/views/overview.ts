import { listNotes } from '../entities/note/queries.ts';
import { upcomingActivities } from '../entities/scheduled-activity/queries.ts';
import { addDays, addYears, daysBetween, type Period } from '../platform/period.ts';
import type { Tx } from '../platform/db/pool.ts';
import { hotListPage } from '../summaries/hot-list-items/queries.ts';
import { leadTrend } from '../summaries/lead-metrics/queries.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { leadBreakdowns, leadFigures, leadShares } from './leads.ts';
import { readStages } from './pipeline-stages.ts';
import { pipelineFigures } from './pipeline.ts';
import type { OverviewView, TrendPoint } from './types.ts';
import { today, type Workspace } from './workspace.ts';

/** Rows of each short list. */
const few = 5;

/** Everything on the Dashboard page, as of one moment. */
export function overviewView(
  workspace: Workspace,
  period: Period,
  now = new Date(),
): Promise<OverviewView> {
  const { id } = workspace.tenant;
  return readTenant(
    id,
    async (tx) => {
      const leads = await leadBreakdowns(tx, id, period);
      const { total, qualified } = leadFigures(period, leads);
      const { rows: stages, sums } = await readStages(tx, id, period, now);
      return {
        leads: total,
        qualified,
        pipelineValue: pipelineFigures(period, sums).totalValue,
        weightedIff: sums.reduce((weighted, stage) => weighted + stage.weighted, 0),
        leadTrend: await trend(tx, id, period, today(workspace, now)),
        bySource: leadShares(period, leads).bySource,
        stages,
        hotList: (await hotListPage(tx, id, {}, undefined, few)).rows.map(
          ({ sortValue: _sortValue, ...row }) => row,
        ),
        schedule: await upcomingActivities(tx, id, now, few),
        notes: await listNotes(tx, id, { limit: few, offset: 0, search: '' }),
      };
    },
    { mayLag: true },
  );
}

/** New leads by week up to half a year, else by month; "all time" shows the last twelve months. */
async function trend(tx: Tx, tenantId: string, period: Period, day: string): Promise<TrendPoint[]> {
  const from = period.from ?? addDays(addYears(day, -1), 1);
  const to = period.to ?? day;
  const bucket = daysBetween(from, to) <= 184 ? 'week' : 'month';
  const found = new Map(
    (await leadTrend(tx, tenantId, bucket, { from, to })).map((point) => [point.from, point.count]),
  );
  return bucketStarts(bucket, from, to).map((start) => ({
    from: start,
    count: found.get(start) ?? 0,
  }));
}

/** The first days of all buckets that touch the range. */
export function bucketStarts(bucket: 'week' | 'month', from: string, to: string): string[] {
  const starts = [];
  for (
    let start = startOf(bucket, from);
    start <= to;
    start = startOf(bucket, addDays(start, bucket === 'week' ? 7 : 31))
  )
    starts.push(start);
  return starts;
}

function startOf(bucket: 'week' | 'month', day: string): string {
  if (bucket === 'month') return `${day.slice(0, 8)}01`;
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  return addDays(day, -weekday);
}
