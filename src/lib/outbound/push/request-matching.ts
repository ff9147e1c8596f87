import { countMatch, matchLeads, selectLeadPage } from '../../entities/lead/queries.ts';
import { toAuditFilter } from '../../identity/audit/filter.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import type { JobPayload } from '../../jobs/jobs.ts';
import { enqueue } from '../../jobs/queue.ts';
import { toLocalDay } from '../../platform/local-day.ts';
import { parsePeriod } from '../../platform/period.ts';
import { getTenant } from '../../identity/tenancy/tenants.ts';
import { readTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import { parseLeadFilter } from '../../entities/lead/filter.ts';
import { requestPushes, requirePushConnection } from './request.ts';

const pageSize = 500;

/** The event of a request counts up to here: beyond, the number would cost more than it tells. */
const countLimit = 10_000;

/**
 * Queues a job that requests pushes of all leads that a filter of the lead table shows. False when
 * such a job is queued or running already.
 */
export async function requestPushesMatching(
  tenantId: string,
  { connectionId, query }: { connectionId: string; query: string },
  by: string | null,
): Promise<boolean> {
  const { label } = await requirePushConnection(tenantId, connectionId);
  const { params, period, filter } = await parseQuery(tenantId, query);
  const { total, totalIsFloor } = await readTenant(tenantId, async (tx) =>
    countMatch(tx, await matchLeads(tx, tenantId, period, filter), countLimit),
  );
  const payload = { tenantId, connectionId, query, after: null, requestedBy: by };
  return withTenant(tenantId, async (tx) => {
    if (!(await enqueue('request-pushes', payload, { key: `${connectionId}/${query}`, tx })))
      return false;
    await recordAudit(tx, {
      tenantId,
      action: 'push.matching_requested',
      target: { type: 'connection', id: connectionId, label },
      after: { leads: totalIsFloor ? `${total} or more` : total, filter: toAuditFilter(params) },
    });
    return true;
  });
}

/** Parses the query of the lead table as its page does. */
async function parseQuery(tenantId: string, query: string) {
  const { timeZone } = await getTenant(tenantId);
  const params = new URLSearchParams(query);
  const period = parsePeriod(params, toLocalDay(timeZone, new Date()));
  return { params, period, filter: parseLeadFilter(params) };
}

/**
 * Requests pushes of the leads that a filter shows, page by page, until the last page or until
 * `isOver` says so. Returns the cursor to continue from; null at the end. The filter is parsed as
 * the lead table parses it.
 */
export async function requestMatchingSlice(
  { tenantId, connectionId, query, after, requestedBy }: JobPayload<'request-pushes'>,
  isOver: () => boolean,
): Promise<string | null> {
  const { period, filter: asked } = await parseQuery(tenantId, query);
  let cursor = after;
  do {
    const filter = { ...asked, cursor: cursor ?? undefined };
    const page = await readTenant(tenantId, (tx) =>
      selectLeadPage(tx, tenantId, period, filter, pageSize),
    );
    await requestPushes(
      tenantId,
      { connectionId, leadIds: page.rows.map(({ id }) => id) },
      requestedBy,
      { isRecorded: true },
    );
    cursor = page.next;
  } while (cursor !== null && !isOver());
  return cursor;
}
