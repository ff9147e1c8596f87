import type { Endpoint } from './endpoint.ts';
import { leadLinkBody, leadLinksQuery, leadLinksResponse } from './lead-links.ts';

const response = {
  status: 200,
  name: 'LeadLinks',
  schema: leadLinksResponse,
  description: 'The records, nearest first; those that people rejected last.',
};

/** The endpoints about what a lead is linked with. */
export const leadLinkEndpoints: Endpoint[] = [
  {
    method: 'get',
    path: '/api/leads/{id}/links',
    role: 'viewer',
    query: leadLinksQuery,
    problems: [],
    summary: 'The records of connected systems that a lead is, or belongs to',
    response,
  },
  {
    method: 'post',
    path: '/api/leads/{id}/links',
    role: 'member',
    query: leadLinksQuery,
    body: leadLinkBody,
    problems: [],
    summary: 'Link a lead with a record, reject a link, or take such a decision back',
    response,
  },
];
