import { z } from 'zod';
import { isLeadCursor, leadSortKeys, pushFilters } from '../entities/lead/queries.ts';
import { leadFields, segments } from '../records/lead.ts';
import { referralTypes } from '../records/referral.ts';
import { parsePeriod, periodKeys } from '../platform/period.ts';
import { readTenant } from '../identity/tenancy/with-tenant.ts';
import { parseLeadFilter } from '../entities/lead/filter.ts';
import { listLeads } from '../views/leads.ts';
import { getToday, type Workspace } from '../views/workspace.ts';
import { shownSchema } from './field-schema.ts';
import { day, storableText } from './fields.ts';
import { tenantParameter } from './tenant.ts';
import { instant } from './codec.ts';

const text = storableText('lead');
const score = z.string().regex(/^(100|\d{1,2})$/, 'A score is a whole number from 0 to 100.');

export const leadListQuery = z
  .object({
    tenant: tenantParameter,
    source: text.optional(),
    status: text.optional(),
    qualified: z.enum(['yes', 'no']).optional(),
    segment: z.enum(segments).optional(),
    provider: text.optional().describe('Mailbox provider of the domain, such as microsoft_365.'),
    scoreMin: score.optional().describe('Lowest score, 0 to 100.'),
    scoreMax: score.optional().describe('Highest score.'),
    referral: z.enum(referralTypes).optional(),
    push: z
      .enum(pushFilters)
      .optional()
      .describe(
        'State of the push into the connected CRM; never for a lead that was never pushed.',
      ),
    domain: text.optional().describe('Registrable domain; an exact match.'),
    search: text
      .optional()
      .describe(
        'Prefixes of words in name, company, e-mail address or telephone number; all must match.',
      ),
    period: z
      .enum(periodKeys)
      .default('all')
      .describe('Filters by creation date, in the time zone of the workspace.'),
    from: day.optional().describe('First day, when period is custom.'),
    to: day.optional().describe('Last day, when period is custom.'),
    sort: z.enum(leadSortKeys).default('created'),
    direction: z.enum(['asc', 'desc']).default('desc'),
    cursor: z
      .string()
      .max(2_000)
      .optional()
      .describe('`next` of the previous response; use the same filter and order.'),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  })
  .refine(
    ({ cursor, sort, direction }) =>
      cursor === undefined || isLeadCursor({ sort, direction }, cursor),
    { path: ['cursor'], message: 'This is not a cursor of this list.' },
  )
  .refine(
    ({ period, from, to }) => period !== 'custom' || (from !== undefined && to !== undefined),
    { path: ['from'], message: 'A custom period needs a first and a last day.' },
  );

export const leadQuery = z.object({ tenant: tenantParameter });

const lead = z.object({ id: z.uuid(), ...shownSchema(leadFields, 'list').shape });

/** The response of GET /api/leads. */
export const leadListResponse = z.object({
  leads: z.array(lead),
  total: z
    .int()
    .min(0)
    .describe('Number of matching leads; a lower bound when totalIsFloor is true.'),
  totalIsFloor: z.boolean(),
  next: z.string().nullable().describe('Cursor of the next page; null on the last one.'),
});

/** The response of GET /api/leads/{id}. */
export const leadResponse = lead.extend({
  ...shownSchema(leadFields, 'detail').shape,
  externalId: z.string().describe('Id at the source.'),
  system: z.string().describe('Source system.'),
  firstSeenAt: instant,
  changedAt: instant,
  notes: z.int().min(0).describe('Number of notes about the lead.'),
});

/** Reads the leads that a query selects, as of one moment. */
export async function getLeadList(
  workspace: Workspace,
  query: z.output<typeof leadListQuery>,
): Promise<z.output<typeof leadListResponse>> {
  const { tenant: _tenant, limit, ...given } = query;
  const params = new URLSearchParams(
    Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
  const { id } = workspace.tenant;
  const period = parsePeriod(params, getToday(workspace));
  const { rows, total, totalIsFloor, next } = await readTenant(
    id,
    (tx) => listLeads(tx, id, period, parseLeadFilter(params), { size: limit }),
    { mayLag: true },
  );
  return { leads: rows, total, totalIsFloor, next };
}
