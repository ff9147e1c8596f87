import { z } from 'zod';
import { pushStates } from '../records/lead.ts';
import { isStorable } from '../records/text.ts';
import { Problem } from '../platform/errors.ts';
import { isReadablePeriod } from '../platform/period.ts';
import {
  requestPushesByDomain,
  requestPushesByIds,
  type LeadPushRequest,
} from '../outbound/push/request-leads.ts';
import { getPushStatus } from '../outbound/push/status.ts';
import { requestPushesMatching } from '../outbound/push/request-matching.ts';
import { requirePushConnection } from '../outbound/push/request.ts';
import type { Workspace } from '../views/workspace.ts';
import { tenantParameter } from './tenant.ts';
import { instant } from './codec.ts';

/** The CRM of the addresses that name it. All others take any connection that accepts leads. */
export const dynamicsProvider = 'dynamics-365';
const domain = z
  .string()
  .trim()
  .min(1)
  .max(300)
  .refine(isStorable, 'This text contains a character that no domain can contain.');
const connection = z.uuid().optional().describe('Required when several connections accept leads.');

export const pushQuery = z.object({ tenant: tenantParameter, connection });
export const pushStatusQuery = z.object({ tenant: tenantParameter });
export const pushesOfDomainQuery = z.object({ tenant: tenantParameter, domain });

/** The body of POST /api/v1/d365/push-lead. */
export const pushLeadBody = z
  .strictObject({
    lead_id: z.uuid().optional(),
    domain: domain.optional().describe('All leads of this domain.'),
    connection,
  })
  .refine(
    ({ lead_id: id, domain: of }) => (id === undefined) !== (of === undefined),
    'Give either lead_id or domain.',
  );

/** The body of POST /api/pushes and POST /api/dynamics/bulk-sync. */
export const bulkSyncBody = z
  .strictObject({
    ids: z.array(z.uuid()).min(1).max(1_000).optional().describe('Ids of leads.'),
    filter: z
      .string()
      .max(2_000)
      .refine(
        (query) => isReadablePeriod(new URLSearchParams(query)),
        'This filter has a period that cannot be read.',
      )
      .optional()
      .describe('Query string of the Leads page, such as segment=Migration.'),
    all: z.literal(true).optional().describe('Every lead of the workspace.'),
    connection,
  })
  .refine(
    ({ ids, filter, all }) => [ids, filter, all].filter((each) => each !== undefined).length === 1,
    'Give exactly one of ids, filter and all.',
  );

const outcome = z.object({
  leadId: z.string(),
  pushId: z.uuid().nullable(),
  outcome: z.enum(['queued', 'already_pending', 'refused']),
  reason: z.string().nullable().describe('Reason for a refusal.'),
});

/** The response to every request for pushes. */
export const pushesRequestedResponse = z.object({
  connectionId: z.uuid(),
  job: z
    .enum(['push-leads', 'request-pushes'])
    .describe('The queued job: push the leads, or first collect those that a filter matches.'),
  queued: z.int().min(0),
  alreadyPending: z.int().min(0),
  pushes: z.array(outcome).describe('One entry for each requested lead; empty for a filter.'),
});
type PushesRequested = z.output<typeof pushesRequestedResponse>;

const event = z.object({
  at: instant,
  attempt: z.int(),
  step: z.string(),
  outcome: z.enum(['ok', 'failed', 'note']),
  message: z.string().nullable(),
  method: z.string().nullable(),
  path: z.string().nullable(),
  status: z.int().nullable(),
  ms: z.int().nullable(),
});

const pushState = z.object({
  pushId: z.uuid(),
  connectionId: z.uuid(),
  connection: z.string(),
  state: z.enum(pushStates),
  attempts: z.int().min(0).describe('Number of consecutive failed attempts.'),
  requestedAt: instant,
  lastAttemptAt: instant.nullable(),
  syncedAt: instant.nullable(),
  dueAt: instant.nullable().describe('Time of the next attempt.'),
  remoteId: z.string().nullable(),
  error: z.string().nullable(),
  history: z
    .array(event)
    .describe(
      'The latest steps, newest first. The page of the push also shows the bodies, masked.',
    ),
});

/** The response of GET /api/pushes and GET /api/dynamics/status/{domain}. */
export const pushStatusResponse = z.object({
  domain: z.string(),
  leads: z
    .array(
      z.object({
        leadId: z.uuid(),
        name: z.string(),
        pushes: z.array(pushState).describe('Empty for a lead that was never pushed.'),
      }),
    )
    .describe('At most 100.'),
});

/** Requests pushes for one lead, or for the leads of a domain. */
export async function requestPush(
  { tenant }: Workspace,
  { lead_id: leadId, domain: of, connection: named }: z.output<typeof pushLeadBody>,
  by: string,
): Promise<PushesRequested> {
  const { id: connectionId } = await requirePushConnection(tenant.id, named, dynamicsProvider);
  if (of !== undefined)
    return toPushesRequested(
      connectionId,
      await requestPushesByDomain(tenant.id, connectionId, of, by),
    );
  const requested = await requestPushesByIds(tenant.id, connectionId, [leadId ?? ''], by);
  if (requested.refused.some(({ isUnknown }) => isUnknown))
    throw new Problem('not_found', 'This lead does not exist in this workspace.');
  return toPushesRequested(connectionId, requested);
}

/** Requests pushes for the leads of a domain. */
export async function requestDomainPush(
  { tenant }: Workspace,
  of: string,
  { connection: named }: z.output<typeof pushQuery>,
  by: string,
): Promise<PushesRequested> {
  const { id: connectionId } = await requirePushConnection(tenant.id, named, dynamicsProvider);
  return toPushesRequested(
    connectionId,
    await requestPushesByDomain(tenant.id, connectionId, of, by),
  );
}

/** Requests pushes for many leads: those with the given ids, or all that a filter matches. */
export async function requestBulkPush(
  { tenant }: Workspace,
  { ids, filter, connection: named }: z.output<typeof bulkSyncBody>,
  by: string,
  provider?: string,
): Promise<PushesRequested> {
  const { id: connectionId } = await requirePushConnection(tenant.id, named, provider);
  if (ids !== undefined)
    return toPushesRequested(
      connectionId,
      await requestPushesByIds(tenant.id, connectionId, ids, by),
    );
  if (!(await requestPushesMatching(tenant.id, { connectionId, query: filter ?? '' }, by)))
    throw new Problem(
      'conflict',
      'The same request is already in progress. Wait until its leads have been queued.',
    );
  return { connectionId, job: 'request-pushes', queued: 0, alreadyPending: 0, pushes: [] };
}

/** Reads the push status of the leads of a domain. */
export async function getDomainStatus(
  { tenant }: Workspace,
  of: string,
): Promise<z.output<typeof pushStatusResponse>> {
  return getPushStatus(tenant.id, of);
}

function toPushesRequested(
  connectionId: string,
  { queued, alreadyPending, pushes, refused }: LeadPushRequest,
): PushesRequested {
  const accepted = pushes.map(({ id, leadId, wasPending }) => ({
    leadId,
    pushId: id,
    outcome: wasPending ? ('already_pending' as const) : ('queued' as const),
    reason: null,
  }));
  return {
    connectionId,
    job: 'push-leads',
    queued,
    alreadyPending,
    pushes: [
      ...accepted,
      ...refused.map(({ leadId, reason }) => ({
        leadId,
        pushId: null,
        outcome: 'refused' as const,
        reason,
      })),
    ],
  };
}
