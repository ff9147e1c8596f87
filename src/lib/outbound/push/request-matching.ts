import { selectLeadPage } from '../../entities/lead/queries.ts';
import type { JobPayload } from '../../jobs/jobs.ts';
import { toLocalDay } from '../../platform/local-day.ts';
import { parsePeriod } from '../../platform/period.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { parseLeadFilter } from '../../entities/lead/filter.ts';
import { requestPushes } from './request.ts';

const pageSize = 500;

/**
 * Requests pushes of the leads that a filter shows, page by page, until the last page or until
 * `isOver` says so. Returns the cursor to continue from; null at the end. The filter is parsed as
 * the lead table parses it.
 */
export async function requestMatchingSlice(
  { tenantId, connectionId, query, after, requestedBy }: JobPayload<'request-pushes'>,
  isOver: () => boolean,
): Promise<string | null> {
  const { timeZone } = await getTenant(tenantId);
  const params = new URLSearchParams(query);
  const period = parsePeriod(params, toLocalDay(timeZone, new Date()));
  let cursor = after;
  do {
    const filter = { ...parseLeadFilter(params), cursor: cursor ?? undefined };
    const page = await readTenant(tenantId, (tx) =>
      selectLeadPage(tx, tenantId, period, filter, pageSize),
    );
    await requestPushes(
      tenantId,
      { connectionId, leadIds: page.rows.map(({ id }) => id) },
      requestedBy,
    );
    cursor = page.next;
  } while (cursor !== null && !isOver());
  return cursor;
}
