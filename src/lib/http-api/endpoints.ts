import { actionEndpoints } from './actions.ts';
import { auditQuery, auditResponse } from './audit.ts';
import { leadResponse, leadListResponse, leadListQuery, leadQuery } from './lead-list.ts';
import { leadsResponse, leadsQuery } from './leads.ts';
import { notesResponse, notesQuery } from './notes.ts';
import type { Endpoint } from './endpoint.ts';
import { leadLinkEndpoints } from './lead-link-endpoints.ts';
import { pushEndpoints } from './push-endpoints.ts';
import {
  referralResponse,
  referralChangedResponse,
  referralChangeBody,
  referralQuery,
  referralsResponse,
  referralsQuery,
} from './referrals.ts';
import { scheduleResponse, scheduleQuery } from './schedule.ts';
import { appDeliveryResponse, deliveryResponse } from './webhooks.ts';
import { scoreResponse, scoreQuery } from './score.ts';
import { syncQuery, syncRequestedResponse, syncStatusResponse } from './sync.ts';

const syncRequested = {
  status: 202,
  name: 'SyncRequested',
  schema: syncRequestedResponse,
  description: 'The sync starts as soon as a worker is free.',
};
/** The endpoints of the API, in the order of its OpenAPI document. */
export const endpoints: Endpoint[] = [
  {
    method: 'get',
    path: '/api/sync/status',
    role: 'viewer',
    query: syncQuery,
    problems: [],
    summary: 'Freshness and completeness of the data of a workspace',
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
      'Start a sync of all sources; one at a time. ' +
      'A form post is redirected (303) to the page it came from',
    response: syncRequested,
  },
  {
    method: 'get',
    path: '/api/leads',
    role: 'viewer',
    query: leadListQuery,
    problems: [],
    summary: 'Leads with the filters, sorting and search of the Leads page',
    response: {
      status: 200,
      name: 'LeadList',
      schema: leadListResponse,
      description: 'One page of the matching leads.',
    },
  },
  {
    method: 'get',
    path: '/api/leads/{id}',
    role: 'viewer',
    query: leadQuery,
    problems: [],
    summary: 'One lead with all its fields',
    response: { status: 200, name: 'Lead', schema: leadResponse, description: 'The lead.' },
  },
  {
    method: 'get',
    path: '/api/dashboard/leads',
    role: 'viewer',
    query: leadsQuery,
    problems: [],
    summary: 'Lead totals by source and status',
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
      description: 'One page of the matching notes.',
    },
  },
  {
    method: 'get',
    path: '/api/dashboard/schedule',
    role: 'viewer',
    query: scheduleQuery,
    problems: [],
    summary: 'Future activities, soonest first',
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
    summary: 'The score of a lead, with its breakdown',
    response: {
      status: 200,
      name: 'LeadScore',
      schema: scoreResponse,
      description: 'Signals first, then risks.',
    },
  },
  ...leadLinkEndpoints,
  {
    method: 'get',
    path: '/api/referrals',
    role: 'viewer',
    query: referralsQuery,
    problems: [],
    summary: 'Microsoft Partner Center referrals, most recently changed first',
    response: {
      status: 200,
      name: 'Referrals',
      schema: referralsResponse,
      description: 'One page of the matching referrals.',
    },
  },
  {
    method: 'get',
    path: '/api/referrals/{id}',
    role: 'viewer',
    query: referralQuery,
    problems: [],
    summary: 'One referral with all its fields',
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
    summary: 'Change the status of a referral in Partner Center; safe to repeat',
    response: {
      status: 200,
      name: 'ReferralChanged',
      schema: referralChangedResponse,
      description:
        'The new state in Partner Center, or the one that it gets as soon as Partner Center ' +
        'takes it. The list shows it after the sync that this starts.',
    },
  },
  {
    method: 'post',
    path: '/api/referrals/sync',
    role: 'member',
    query: syncQuery,
    problems: ['conflict'],
    summary:
      'Start a sync of the Partner Center connections; one at a time. ' +
      'A form post is redirected (303) to the page it came from',
    response: syncRequested,
  },
  ...actionEndpoints,
  ...pushEndpoints,
  {
    method: 'get',
    path: '/api/audit',
    role: 'admin',
    query: auditQuery,
    problems: [],
    summary: 'The audit log of a workspace, newest first',
    response: {
      status: 200,
      name: 'AuditLog',
      schema: auditResponse,
      description: 'One page of the matching events.',
    },
  },
  {
    method: 'post',
    path: '/api/webhooks/{provider}/{tenantId}/{connectionId}',
    role: null,
    problems: ['bad_request', 'unauthenticated', 'too_large'],
    summary:
      'Webhook of a provider about a connection, authenticated by its signature over the body or ' +
      'the token in its address; providers that expect another answer than JSON get theirs',
    response: {
      status: 200,
      name: 'WebhookReceived',
      schema: deliveryResponse,
      description: 'The webhook was received. Safe to repeat.',
    },
  },
  {
    method: 'post',
    path: '/api/webhooks/{provider}',
    role: null,
    problems: ['bad_request', 'unauthenticated', 'too_large'],
    summary:
      'Webhook of the app of this installation about the accounts of its users, authenticated by ' +
      'its signature over the body',
    response: {
      status: 200,
      name: 'AppWebhookReceived',
      schema: appDeliveryResponse,
      description: 'The webhook was received. Safe to repeat.',
    },
  },
];
