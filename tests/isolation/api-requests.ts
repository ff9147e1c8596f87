import { randomUUID } from 'node:crypto';
import { belonging, none, type Fields, type Subject, type TenantRequest } from './request.ts';
import type { Slug, World } from './world.ts';

function exportOf(list: string, format: string, ok = 200): TenantRequest[] {
  const common = {
    file: 'w/[tenant]/[list].[format].ts',
    path: (slug: Slug) => `/w/${slug}/${list}.${format}`,
    role: 'viewer' as const,
  };
  return [
    { ...common, method: 'GET', action: `${list}.${format}`, ok: [ok] },
    { ...common, method: 'POST', action: `${list}.${format}`, fields: none, ok: [], always: 404 },
  ];
}

function api(
  name: string,
  path: TenantRequest['path'] = (slug) => `/api/${name}?tenant=${slug}`,
): TenantRequest[] {
  const common = { file: `api/${name}.ts`, path, role: 'viewer' as const };
  return [
    { ...common, method: 'GET', action: 'read', ok: [200] },
    {
      ...common,
      method: 'POST',
      action: 'post nothing',
      json: true,
      fields: none,
      ok: [],
      always: 405,
    },
  ];
}

/** The audit log as a file and through the API; `post` is the status of what only reads. */
function auditRequests(file: string, path: TenantRequest['path'], post: number): TenantRequest[] {
  const common = { file, path, role: 'admin' as const };
  return [
    { ...common, method: 'GET', action: 'read', ok: [200] },
    { ...common, method: 'POST', action: 'post nothing', fields: none, ok: [], always: post },
  ];
}

const sync = {
  file: 'api/sync/index.ts',
  path: (slug: Slug) => `/api/sync?tenant=${slug}`,
  role: 'member' as const,
};

const signIn = {
  file: 'api/integrations/oauth/authorize/[provider].ts',
  path: (slug: Slug, world: World) =>
    `/api/integrations/oauth/authorize/partner-center?tenant=${slug}` +
    `&signIn=${belonging('consent')(slug, world)}`,
};

const referralSync = {
  file: 'api/referrals/sync.ts',
  path: (slug: Slug) => `/api/referrals/sync?tenant=${slug}`,
  role: 'member' as const,
};

const leadLinks = {
  file: 'api/leads/[id]/links.ts',
  path: (slug: Slug, world: World) =>
    `/api/leads/${belonging('lead')(slug, world)}/links?tenant=${slug}`,
};

/** Requests about the actions of a lead, and of an opportunity that there is not. */
function acting(records: 'leads' | 'opportunities', read: number): TenantRequest[] {
  const to = (rest: string) => ({
    path: (slug: Slug, world: World) =>
      `/api/${records}/${belonging('lead')(slug, world)}/actions${rest}?tenant=${slug}`,
    role: 'member' as const,
    json: true,
  });
  const folder = `api/${records}/[id]/actions`;
  const post = (name: string, rest: string, fields: object, ok: number): TenantRequest[] => [
    {
      ...to(rest),
      file: `${folder}/${name}.ts`,
      method: 'GET',
      action: 'read',
      ok: [],
      always: 405,
    },
    {
      ...to(rest),
      file: `${folder}/${name}.ts`,
      method: 'POST',
      action: name,
      fields: () => Promise.resolve(fields as Fields),
      ok: [read === 404 ? 404 : ok],
    },
  ];
  const [, ask] = post('index', '', { action: 'owner', values: {} }, 400);
  return [
    {
      ...to(''),
      file: `${folder}/index.ts`,
      method: 'GET',
      action: 'read',
      role: 'viewer',
      ok: [read],
    },
    ...(ask === undefined ? [] : [ask]),
    ...post('cancel', '/cancel', { id: randomUUID() }, 409),
    // The system of its connection is not asked for real here.
    ...post('choices', '/choices', {}, 409),
  ];
}

const pushes = {
  file: 'api/pushes.ts',
  path: (slug: Slug) => `/api/pushes?tenant=${slug}`,
  role: 'member' as const,
};
const pushesOfDomain = (slug: Slug) => `${pushes.path(slug)}&domain=example.com`;
const everyLead = () => Promise.resolve({ all: true } as unknown as Fields);

/** Requests for pushes, in a workspace that may not push. */
function pushing(name: string, path: string, body: (subject: Subject) => object): TenantRequest[] {
  const common = {
    file: `api/${name}.ts`,
    path: (slug: Slug) => `${path}?tenant=${slug}`,
    role: 'member' as const,
  };
  return [
    { ...common, method: 'GET', action: 'read', ok: [], always: 405 },
    {
      ...common,
      method: 'POST',
      action: 'push',
      json: true,
      fields: (subject) => Promise.resolve(body(subject) as Fields),
      ok: [409],
    },
  ];
}

/** Requests for exports and for the API, and the one that chooses a workspace. */
export const apiRequests: TenantRequest[] = [
  {
    ...signIn,
    method: 'GET',
    action: 'leave for a sign-in that goes another way',
    role: 'admin',
    ok: [404],
  },
  { ...signIn, method: 'POST', action: 'post', fields: none, role: 'admin', ok: [], always: 405 },
  ...['leads', 'pipeline', 'hot-list', 'referrals', 'notes', 'schedule', 'pushes'].flatMap(
    (list) => [...exportOf(list, 'csv'), ...exportOf(list, 'xlsx')],
  ),
  ...exportOf('members', 'csv', 404),
  ...auditRequests(
    'w/[tenant]/settings/audit.csv.ts',
    (slug) => `/w/${slug}/settings/audit.csv`,
    404,
  ),
  ...auditRequests('api/audit.ts', (slug) => `/api/audit?tenant=${slug}`, 405),
  ...exportOf('leads', 'pdf', 404),
  ...['sync/status', 'dashboard/leads', 'dashboard/notes', 'dashboard/schedule'].flatMap((name) =>
    api(name),
  ),
  ...api('leads/index', (slug) => `/api/leads?tenant=${slug}`),
  ...api(
    'leads/[id]/index',
    (slug, world) => `/api/leads/${belonging('lead')(slug, world)}?tenant=${slug}`,
  ),
  ...acting('leads', 200),
  ...acting('opportunities', 404),
  ...api('referrals/index', (slug) => `/api/referrals?tenant=${slug}`),
  {
    file: 'api/referrals/[id].ts',
    method: 'GET',
    action: 'read',
    path: (slug, world) => `/api/referrals/${belonging('referral')(slug, world)}?tenant=${slug}`,
    role: 'viewer',
    ok: [200],
  },
  // Its connection is to a system that takes no changes.
  {
    file: 'api/referrals/[id].ts',
    method: 'POST',
    action: 'change',
    path: (slug, world) => `/api/referrals/${belonging('referral')(slug, world)}?tenant=${slug}`,
    json: true,
    fields: () => Promise.resolve({ status: 'Active', substatus: 'Accepted' }),
    role: 'member',
    ok: [400],
  },
  ...api(
    'leads/[id]/score',
    (slug, world) => `/api/leads/${belonging('lead')(slug, world)}/score?tenant=${slug}`,
  ),
  { ...leadLinks, method: 'GET', action: 'read', role: 'viewer', ok: [200] },
  {
    ...leadLinks,
    method: 'POST',
    action: 'reject a link',
    json: true,
    fields: () => Promise.resolve({ decision: 'reject', link: randomUUID() }),
    role: 'member',
    ok: [404],
  },
  // Nothing is connected that takes leads; what is asked for by a lead of another workspace is
  // refused before that.
  ...pushing('v1/d365/push-lead', '/api/v1/d365/push-lead', ({ slug, world }) => ({
    lead_id: belonging('lead')(slug, world),
  })),
  { ...pushes, path: pushesOfDomain, method: 'GET', action: 'read', role: 'viewer', ok: [200] },
  { ...pushes, method: 'POST', action: 'push', json: true, fields: everyLead, ok: [409] },
  ...pushing('dynamics/bulk-sync', '/api/dynamics/bulk-sync', () => ({ all: true })),
  ...pushing('dynamics/sync/[domain]', '/api/dynamics/sync/example.com', () => ({})),
  ...api('dynamics/status/[domain]', (slug) => `/api/dynamics/status/example.com?tenant=${slug}`),
  { ...referralSync, method: 'GET', action: 'read', ok: [], always: 405 },
  // There is no connection to Partner Center.
  { ...referralSync, method: 'POST', action: 'start', json: true, fields: none, ok: [409] },
  { ...referralSync, method: 'POST', action: 'start by form', fields: none, ok: [303] },
  { ...sync, method: 'GET', action: 'read', ok: [], always: 405 },
  { ...sync, method: 'POST', action: 'start', json: true, fields: none, ok: [202, 409] },
  { ...sync, method: 'POST', action: 'start by form', fields: none, ok: [303] },
  {
    file: 'workspaces.astro',
    method: 'POST',
    action: 'switch',
    path: () => '/workspaces',
    fields: ({ slug }) => Promise.resolve({ slug }),
    role: 'viewer',
    ok: [303],
  },
];
