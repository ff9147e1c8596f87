import { and, asc, eq } from 'drizzle-orm';
import { parseDomain } from '../../records/company-domain.ts';
import { leads } from '../../schema/leads.ts';
import { Problem } from '../../platform/errors.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { requestPushes, unknownLead, type PushRequest } from './request.ts';
import { whereOwnAndLive } from '../../entities/lead/lookup.ts';

export interface LeadPushRequest extends Omit<PushRequest, 'refused'> {
  refused: { leadId: string; reason: string; isUnknown: boolean }[];
}

/** The most leads of one domain that are requested at once; more are requested by a filter. */
const maxLeadsPerDomain = 500;

/** Requests pushes of leads by their ids. */
export async function requestPushesByIds(
  tenantId: string,
  connectionId: string,
  leadIds: readonly string[],
  by: string | null,
): Promise<LeadPushRequest> {
  const requested = await requestPushes(tenantId, { connectionId, leadIds }, by);
  return {
    ...requested,
    refused: requested.refused.map((each) => ({ ...each, isUnknown: each.reason === unknownLead })),
  };
}

/**
 * Requests pushes of all leads of a domain, however it is spelled. Throws Problem when it has none.
 */
export async function requestPushesByDomain(
  tenantId: string,
  connectionId: string,
  text: string,
  by: string | null,
): Promise<LeadPushRequest> {
  const domain = requireDomain(text);
  const rows = await readTenant(tenantId, (tx) =>
    tx
      .select({ id: leads.id })
      .from(leads)
      .where(whereDomain(tenantId, domain))
      .orderBy(asc(leads.id))
      .limit(maxLeadsPerDomain),
  );
  if (rows.length === 0)
    throw new Problem('not_found', 'No lead of this workspace has this domain.');
  return requestPushesByIds(
    tenantId,
    connectionId,
    rows.map(({ id }) => id),
    by,
  );
}

/** The registrable domain in what a person typed. Throws Problem when there is none. */
export function requireDomain(text: string): string {
  const domain = parseDomain(text);
  if (domain === null)
    throw new Problem('bad_request', 'This is not a domain. Enter one such as example.com.');
  return domain;
}

/** The leads of a domain that lists show: neither deleted ones nor copies. */
export const whereDomain = (tenantId: string, domain: string) =>
  and(eq(leads.tenantId, tenantId), eq(leads.domain, domain), whereOwnAndLive);
