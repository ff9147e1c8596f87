import { randomUUID } from 'node:crypto';
import {
  belonging,
  none,
  ofLead,
  page,
  reading,
  written,
  type Fields,
  type Subject,
  type TenantRequest,
} from './request.ts';
import { addDeadLetter, addRecordError } from './world.ts';

/** Requests for the pages of a workspace, but for its settings. */
export const pageRequests: TenantRequest[] = [
  ...page('', 'viewer', { ok: 302 }),
  ...['dashboard', 'pipeline', 'hot-list', 'referrals', 'notes', 'schedule'].flatMap((name) =>
    page(name),
  ),
  {
    file: 'w/[tenant]/referrals/[id].astro',
    method: 'GET',
    action: 'read',
    path: (slug, world) => `/w/${slug}/referrals/${belonging('referral')(slug, world)}`,
    role: 'viewer',
    ok: [200],
  },
  {
    file: 'w/[tenant]/referrals/[id].astro',
    method: 'POST',
    action: 'post nothing',
    path: (slug, world) => `/w/${slug}/referrals/${belonging('referral')(slug, world)}`,
    fields: none,
    role: 'member',
    ok: [400],
  },
  {
    file: 'w/[tenant]/referrals/[id].astro',
    method: 'POST',
    action: 'change',
    path: (slug, world) => `/w/${slug}/referrals/${belonging('referral')(slug, world)}`,
    fields: () => Promise.resolve({ state: 'Active/Accepted' }),
    role: 'member',
    ok: [400],
  },
  ...(['ours', 'theirs', 'cancel'] as const).map((intent): TenantRequest => ({
    file: 'w/[tenant]/referrals/[id].astro',
    method: 'POST',
    action: intent,
    path: (slug, world) => `/w/${slug}/referrals/${belonging('referral')(slug, world)}`,
    fields: () => Promise.resolve({ intent, change: randomUUID() }),
    role: 'member',
    ok: [409],
  })),
  ...page('leads', 'viewer', { post: 400 }),
  {
    file: 'w/[tenant]/leads/[id]/index.astro',
    method: 'GET',
    action: 'read',
    path: ofLead,
    role: 'viewer',
    ok: [200],
  },
  ...[
    { action: 'post nothing', fields: {}, ok: 400 },
    {
      action: 'link',
      fields: { intent: 'link', connection: randomUUID(), entity: 'contact', record: '1' },
      ok: 400,
    },
    { action: 'reject', fields: { intent: 'reject-link', link: randomUUID() }, ok: 404 },
    { action: 'withdraw', fields: { intent: 'withdraw-link', link: randomUUID() }, ok: 404 },
  ].map(({ action, fields, ok }): TenantRequest => ({
    file: 'w/[tenant]/leads/[id]/index.astro',
    method: 'POST',
    action,
    path: ofLead,
    fields: () => Promise.resolve(fields as Fields),
    role: 'member',
    ok: [ok],
  })),
  ...['request', 'cancel'].map((intent): TenantRequest => ({
    file: 'w/[tenant]/leads/[id]/index.astro',
    method: 'POST',
    action: intent,
    path: ofLead,
    fields: () =>
      Promise.resolve({ intent, action: 'owner', id: randomUUID(), change: randomUUID() }),
    role: 'member',
    ok: [intent === 'cancel' ? 409 : 400],
  })),
  ...page('leads/[id]/panel', 'viewer', { path: (slug, world) => `${ofLead(slug, world)}/panel` }),
  {
    file: 'w/[tenant]/leads.astro',
    method: 'POST',
    action: 'save-view',
    path: (slug) => `/w/${slug}/leads?segment=Cold`,
    fields: () => Promise.resolve({ intent: 'save-view', name: randomUUID() }),
    role: 'viewer',
    ok: [303],
  },
  {
    file: 'w/[tenant]/leads.astro',
    method: 'POST',
    action: 'delete-view',
    path: (slug) => `/w/${slug}/leads`,
    fields: () => Promise.resolve({ intent: 'delete-view', view: randomUUID() }),
    role: 'viewer',
    ok: [404],
  },
  // Pushing is switched off.
  {
    file: 'w/[tenant]/leads.astro',
    method: 'POST',
    action: 'push',
    path: (slug) => `/w/${slug}/leads`,
    fields: ({ slug, world }) =>
      Promise.resolve({ intent: 'push', [`lead:${belonging('lead')(slug, world)}`]: 'on' }),
    role: 'member',
    ok: [409],
  },
  ...page('reports/index', 'viewer', { path: 'reports' }),
  ...page('reports/[id]', 'viewer', {
    path: (slug, world) => `/w/${slug}/reports/${belonging('report')(slug, world)}`,
  }),
  ...page('reports/new', 'staff', { post: 400 }),
  {
    file: 'w/[tenant]/reports/new.astro',
    method: 'POST',
    action: 'publish',
    path: (slug) => `/w/${slug}/reports/new?page=leads`,
    fields: () => Promise.resolve({ title: 'Numbers' }),
    role: 'staff',
    ok: [303],
  },
  ...page('dead-letters/index', 'admin', { post: 400, path: 'dead-letters' }),
  // The response that contained it was never kept: the form says so, and nothing can be corrected
  // or retried.
  ...page('dead-letters/[id]', 'admin', {
    post: 409,
    path: (slug, world) => `/w/${slug}/dead-letters/${belonging('record')(slug, world)}`,
  }),
  decision('retry', 'record', 409),
  decision('discard', 'record', 303, { note: 'A reason' }),
  decision('job-retry', 'job', 303),
  decision('job-discard', 'job', 303, { note: 'A reason' }),
  {
    file: 'w/[tenant]/dead-letters/index.astro',
    method: 'POST',
    action: 'retry-group',
    path: (slug) => `/w/${slug}/dead-letters`,
    role: 'admin',
    ok: [303],
    fields: ({ slug, world }) =>
      Promise.resolve({
        intent: 'retry-group',
        connection: belonging('connection')(slug, world),
        stream: 'clients',
        kind: 'mapping',
      }),
  },
  {
    file: 'w/[tenant]/dead-letters/index.astro',
    method: 'POST',
    action: 'job-retry-group',
    path: (slug) => `/w/${slug}/dead-letters`,
    role: 'admin',
    ok: [303, 409],
    fields: () =>
      Promise.resolve({ intent: 'job-retry-group', job: 'retry-records', kind: 'failed' }),
  },
  ...reading('pushes/index', 'pushes'),
  ...page('pushes/[id]', 'viewer', {
    path: (slug, world) => `/w/${slug}/pushes/${belonging('push')(slug, world)}`,
  }),
  ...page('pushes/panel/[lead]', 'viewer', {
    path: (slug, world) => `/w/${slug}/pushes/panel/${belonging('lead')(slug, world)}`,
  }),
  // Pushing is switched off, and the connection takes no leads.
  written(
    'pushes/index',
    'pushes',
    'push',
    ({ slug, world }) => ({
      connection: belonging('connection')(slug, world),
      lead: belonging('lead')(slug, world),
    }),
    409,
  ),
  written('pushes/index', 'pushes', 'retry-failed', () => ({}), 303),
  ...reading('conflicts', 'conflicts'),
  // Of a connection that takes no leads nothing can be decided.
  written(
    'conflicts',
    'conflicts',
    'ours',
    ({ slug, world }) => ({ conflict: belonging('push')(slug, world) }),
    404,
  ),
  written(
    'conflicts',
    'conflicts',
    'theirs',
    ({ slug, world }) => ({ conflict: belonging('push')(slug, world) }),
    404,
  ),
  written(
    'conflicts',
    'conflicts',
    'all-theirs',
    ({ slug, world }) => ({ push: belonging('push')(slug, world) }),
    404,
  ),
];

/** A form of the page of failed records, about a fresh record or job for those who may. */
function decision(
  intent: string,
  field: 'record' | 'job',
  ok: number,
  more: Fields = {},
): TenantRequest {
  const id = async ({ world, slug, may }: Subject): Promise<string> => {
    const { tenant, connection: of } = world.belongings[slug === 'alpha' ? 'alpha' : 'bravo'];
    return may
      ? (field === 'record' ? addRecordError : addDeadLetter)(world.db, tenant.id, of)
      : belonging(field)(slug, world);
  };
  return {
    file: 'w/[tenant]/dead-letters/index.astro',
    method: 'POST',
    action: intent,
    path: (slug) => `/w/${slug}/dead-letters`,
    fields: async (subject) => ({ intent, [field]: await id(subject), ...more }),
    role: 'admin',
    ok: [ok],
  };
}
