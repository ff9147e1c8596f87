import type { Endpoint } from './endpoint.ts';
import {
  bulkSyncBody,
  pushesRequestedResponse,
  pushLeadBody,
  pushesOfDomainQuery,
  pushQuery,
  pushStatusResponse,
  pushStatusQuery,
} from './pushes.ts';

const pushesRequested = {
  status: 202,
  name: 'PushesRequested',
  schema: pushesRequestedResponse,
  description: 'The leads are pushed as soon as a worker is free.',
};

const pushStatus = {
  status: 200,
  name: 'PushStatus',
  schema: pushStatusResponse,
  description: 'State, attempts, last attempt, id in the CRM, error and history of each lead.',
};

/** The endpoints about pushes: those of any CRM, then those that name Dynamics 365. */
export const pushEndpoints: Endpoint[] = [
  {
    method: 'post',
    path: '/api/pushes',
    role: 'member',
    query: pushStatusQuery,
    body: bulkSyncBody,
    problems: ['conflict'],
    summary: 'Push leads into a connected CRM: by ids, by a filter of the Leads page, or all',
    response: {
      ...pushesRequested,
      description: 'Leads that a filter matches are collected by a separate job.',
    },
  },
  {
    method: 'get',
    path: '/api/pushes',
    role: 'viewer',
    query: pushesOfDomainQuery,
    problems: [],
    summary: 'Push status of the leads of a domain, in all connected CRMs',
    response: pushStatus,
  },
  {
    method: 'post',
    path: '/api/v1/d365/push-lead',
    role: 'member',
    query: pushStatusQuery,
    body: pushLeadBody,
    problems: ['conflict'],
    summary: 'Push a lead, or the leads of a domain, into Dynamics 365',
    response: pushesRequested,
  },
  {
    method: 'post',
    path: '/api/dynamics/sync/{domain}',
    role: 'member',
    query: pushQuery,
    problems: ['conflict'],
    summary: 'Push the leads of a domain into Dynamics 365',
    response: pushesRequested,
  },
  {
    method: 'get',
    path: '/api/dynamics/status/{domain}',
    role: 'viewer',
    query: pushStatusQuery,
    problems: [],
    summary: 'Push status of the leads of a domain, in all connected CRMs',
    response: pushStatus,
  },
  {
    method: 'post',
    path: '/api/dynamics/bulk-sync',
    role: 'member',
    query: pushStatusQuery,
    body: bulkSyncBody,
    problems: ['conflict'],
    summary: 'Push many leads into Dynamics 365: by ids, by a filter of the Leads page, or all',
    response: {
      ...pushesRequested,
      description: 'Leads that a filter matches are collected by a separate job.',
    },
  },
];
