import type { z } from 'zod';
import type { Role } from '../identity/auth/roles.ts';
import type { ProblemCode } from '../platform/errors.ts';
import { leadResponse, leadListResponse, leadListQuery, leadQuery } from './lead-list.ts';
import { leadsResponse, leadsQuery } from './leads.ts';
import { notesResponse, notesQuery } from './notes.ts';
import {
  bulkSyncBody,
  pushesRequestedResponse,
  pushLeadBody,
  pushQuery,
  pushStatusResponse,
  pushStatusQuery,
} from './pushes.ts';
import {
  referralResponse,
  referralChangedResponse,
  referralChangeBody,
  referralQuery,
  referralsResponse,
  referralsQuery,
} from './referrals.ts';
import { scheduleResponse, scheduleQuery } from './schedule.ts';
import { deliveryResponse } from './webhooks.ts';
import { scoreResponse, scoreQuery } from './score.ts';
import { syncQuery, syncRequestedResponse, syncStatusResponse } from './sync.ts';

/** One method of one address of the API, as its document tells of it. */
export interface Endpoint {
  method: 'get' | 'post';
  path: string;
  summary: string;
  /** The least role that may call it; null when anybody may. */
  role: Role | null;
  query?: z.ZodObject;
  /** What is sent as JSON. */
  body?: z.ZodObject;
  response: { status: number; name: string; schema: z.ZodType; description: string };
  /** Besides those that every endpoint with a role has. */
  problems: ProblemCode[];
}

export const endpoints: Endpoint[] = [
  {
    method: 'get',
    path: '/api/sync/status',
    role: 'viewer',
    query: syncQuery,
    problems: [],
    summary: 'How fresh and complete the data of a workspace is',
    response: {
      status: 200,
      name: 'SyncStatus',
      schema: syncStatusResponse,
      description: 'The state of the workspace and of each source.',
    },
  },
  {
    method: 'post',
    path: '/api/sync',
    role: 'member',
    query: syncQuery,
    problems: ['conflict'],
    summary:
      'Start a sync of all sources now; one at a time. A form post is answered by a redirect (303) to the page it came from',
    response: {
      status: 202,
      name: 'SyncRequested',
      schema: syncRequestedResponse,
      description: 'The sync will start as soon as a worker is free.',
    },
  },
  {
    method: 'get',
    path: '/api/leads',
    role: 'viewer',
    query: leadListQuery,
    problems: [],
    summary: 'Leads, filtered, sorted and searched as on the Leads page',
    response: {
      status: 200,
      name: 'LeadList',
      schema: leadListResponse,
      description: 'A stretch of the leads that match.',
    },
  },
  {
    method: 'get',
    path: '/api/leads/{id}',
    role: 'viewer',
    query: leadQuery,
    problems: [],
    summary: 'One lead with all that is kept of it',
    response: { status: 200, name: 'Lead', schema: leadResponse, description: 'The lead.' },
  },
  {
    method: 'get',
    path: '/api/dashboard/leads',
    role: 'viewer',
    query: leadsQuery,
    problems: [],
    summary: 'Totals of leads by source and status',
    response: {
      status: 200,
      name: 'LeadTotals',
      schema: leadsResponse,
      description: 'The totals of the period.',
    },
  },
  {
    method: 'get',
    path: '/api/dashboard/notes',
    role: 'viewer',
    query: notesQuery,
    problems: [],
    summary: 'Notes, newest first',
    response: {
      status: 200,
      name: 'Notes',
      schema: notesResponse,
      description: 'A stretch of the notes that match.',
    },
  },
  {
    method: 'get',
    path: '/api/dashboard/schedule',
    role: 'viewer',
    query: scheduleQuery,
    problems: [],
    summary: 'What is scheduled from now on, soonest first',
    response: {
      status: 200,
      name: 'Schedule',
      schema: scheduleResponse,
      description: 'The next activities, at most 100.',
    },
  },
  {
    method: 'get',
    path: '/api/leads/{id}/score',
    role: 'viewer',
    query: scoreQuery,
    problems: [],
    summary: 'The score of a lead, and how it came about',
    response: {
      status: 200,
      name: 'LeadScore',
      schema: scoreResponse,
      description: 'Signals first, then risks.',
    },
  },
  {
    method: 'get',
    path: '/api/referrals',
    role: 'viewer',
    query: referralsQuery,
    problems: [],
    summary: 'Referrals of Microsoft Partner Center, those that changed last first',
    response: {
      status: 200,
      name: 'Referrals',
      schema: referralsResponse,
      description: 'A stretch of the referrals that match.',
    },
  },
  {
    method: 'get',
    path: '/api/referrals/{id}',
    role: 'viewer',
    query: referralQuery,
    problems: [],
    summary: 'One referral with all that is kept of it',
    response: {
      status: 200,
      name: 'Referral',
      schema: referralResponse,
      description: 'The referral.',
    },
  },
  {
    method: 'post',
    path: '/api/referrals/{id}',
    role: 'member',
    query: referralQuery,
    body: referralChangeBody,
    problems: ['conflict'],
    summary:
      'Change the status of a referral at Partner Center; sending the same change again does no harm',
    response: {
      status: 200,
      name: 'ReferralChanged',
      schema: referralChangedResponse,
      description:
        'The state that the referral has there now. The list shows it after the sync that was started.',
    },
  },
  {
    method: 'post',
    path: '/api/referrals/sync',
    role: 'member',
    query: syncQuery,
    problems: ['conflict'],
    summary:
      'Start a sync of the connections to Partner Center now; one at a time. A form post is answered by a redirect (303) to the page it came from',
    response: {
      status: 202,
      name: 'SyncRequested',
      schema: syncRequestedResponse,
      description: 'The sync will start as soon as a worker is free.',
    },
  },
  {
    method: 'post',
    path: '/api/v1/d365/push-lead',
    role: 'member',
    query: pushStatusQuery,
    body: pushLeadBody,
    problems: ['conflict'],
    summary: 'Write a lead, or the leads of a domain, into Dynamics 365',
    response: {
      status: 202,
      name: 'PushesRequested',
      schema: pushesRequestedResponse,
      description: 'The leads are sent as soon as a worker is free.',
    },
  },
  {
    method: 'post',
    path: '/api/dynamics/sync/{domain}',
    role: 'member',
    query: pushQuery,
    problems: ['conflict'],
    summary: 'Write the leads of a domain into Dynamics 365',
    response: {
      status: 202,
      name: 'PushesRequested',
      schema: pushesRequestedResponse,
      description: 'The leads are sent as soon as a worker is free.',
    },
  },
  {
    method: 'get',
    path: '/api/dynamics/status/{domain}',
    role: 'viewer',
    query: pushStatusQuery,
    problems: [],
    summary: 'Where the leads of a domain stand in Dynamics 365',
    response: {
      status: 200,
      name: 'PushStatus',
      schema: pushStatusResponse,
      description: 'State, tries, last time, id there, error and history of each lead.',
    },
  },
  {
    method: 'post',
    path: '/api/dynamics/bulk-sync',
    role: 'member',
    query: pushStatusQuery,
    body: bulkSyncBody,
    problems: ['conflict'],
    summary:
      'Write many leads into Dynamics 365: by their ids, by a filter of the lead table, or all',
    response: {
      status: 202,
      name: 'PushesRequested',
      schema: pushesRequestedResponse,
      description: 'What is asked for by a filter is gathered by a job of its own.',
    },
  },
  {
    method: 'post',
    path: '/api/webhooks/{provider}/{tenantId}/{connectionId}',
    role: null,
    problems: ['bad_request', 'unauthenticated', 'too_large'],
    summary:
      'Notices of a provider about a connection; proved by the signature over the body, as the provider documents it',
    response: {
      status: 200,
      name: 'WebhookReceived',
      schema: deliveryResponse,
      description: 'The notice is taken in. Sending it again does no harm.',
    },
  },
];
