import { z } from 'zod';
import { parsePeriod, periodKeys } from '../platform/period.ts';
import { countUndatedLeads } from '../summaries/lead-metrics/queries.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { readLeadBreakdowns, toLeadFigures, toLeadShares } from '../views/leads.ts';
import { getToday, type Workspace } from '../views/workspace.ts';
import { day } from './fields.ts';
import { tenantParameter } from './tenant.ts';

export const leadsQuery = z
  .object({
    tenant: tenantParameter,
    period: z
      .enum(periodKeys)
      .default('all')
      .describe('Filters by creation date, in the time zone of the workspace.'),
    from: day.optional().describe('First day, when period is custom.'),
    to: day.optional().describe('Last day, when period is custom.'),
    compare: z
      .enum(['none', 'previous', 'year'])
      .default('none')
      .describe('Adds the figures of the previous period, or of the same period a year earlier.'),
  })
  .refine(({ period, from }) => period !== 'custom' || from !== undefined, {
    path: ['from'],
    message: 'A custom period needs a first day.',
  })
  .refine(({ period, to }) => period !== 'custom' || to !== undefined, {
    path: ['to'],
    message: 'A custom period needs a last day.',
  });

const count = z.int().min(0);
const figure = z.object({ value: count, previous: count.nullable() });
const share = z.object({
  key: z.string().describe('Value to filter by; empty for leads without one.'),
  label: z.string(),
  count,
  previous: count.nullable(),
});

/** The response of GET /api/dashboard/leads. */
export const leadsResponse = z.object({
  period: z.object({
    key: z.enum(periodKeys),
    from: z.iso.date().nullable(),
    to: z.iso.date().nullable(),
    label: z.string(),
  }),
  total: figure,
  qualified: figure,
  sources: figure.describe('Number of sources with leads.'),
  bySource: z.array(share),
  byStatus: z.array(share),
  undated: count.describe(
    'Leads without a creation date; part of the total only when period is all.',
  ),
});

/**
 * Reads the lead totals of a period by source and status, from summaries alone, as of one moment.
 */
export function getLeadTotals(
  workspace: Workspace,
  query: z.output<typeof leadsQuery>,
): Promise<z.output<typeof leadsResponse>> {
  const { tenant: _tenant, ...given } = query;
  const period = parsePeriod(new URLSearchParams(given), getToday(workspace));
  const { id } = workspace.tenant;
  return readTenant(
    id,
    async (tx) => {
      const counts = await readLeadBreakdowns(tx, id, period);
      return {
        period,
        ...toLeadFigures(period, counts),
        ...toLeadShares(period, counts),
        undated: await countUndatedLeads(tx, id),
      };
    },
    { mayLag: true },
  );
}
