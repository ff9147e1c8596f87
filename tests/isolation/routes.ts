import { randomUUID } from 'node:crypto';
import type { Role } from '#lib/identity/auth/access.ts';
import {
  addDeadLetter,
  addInvitation,
  addMember,
  addRecordError,
  type Slug,
  type World,
} from './world.ts';

type Method = 'GET' | 'POST';
type Fields = Record<string, string>;

/**
 * Whose rows a form names: fresh ones of the workspace for those who may change them, else the ones
 * that must stay.
 */
export interface Subject {
  world: World;
  slug: Slug;
  may: boolean;
}

/** One request about a workspace. */
export interface TenantRequest {
  file: string;
  method: Method;
  /** Told apart from others of the same route. */
  action: string;
  path: (slug: Slug, world: World) => string;
  fields?: (subject: Subject) => Promise<Fields>;
  /** As JSON instead of a form. */
  json?: boolean;
  /** The least role that may, and what it is answered. */
  role: Role;
  ok: number[];
  /** A status that nobody's rights change: the route does not know the method. */
  always?: number;
}

/**
 * One request that is about no workspace: the answer to visitors, to people who are signed in, and
 * to staff of every workspace where that is another one.
 */
export interface PlainRequest {
  file: string;
  method: Method;
  path: string;
  fields?: Fields;
  out: number;
  in: number;
  staff?: number;
}

const none = () => Promise.resolve({});
const belonging =
  (
    kind:
      | 'report'
      | 'invitation'
      | 'member'
      | 'connection'
      | 'record'
      | 'job'
      | 'consent'
      | 'referral'
      | 'lead'
      | 'push',
  ) =>
  (slug: Slug, world: World) =>
    world.belongings[slug === 'alpha' ? 'alpha' : 'bravo'][kind];

const ofLead = (slug: Slug, world: World) => `/w/${slug}/leads/${belonging('lead')(slug, world)}`;

/** A page: it reads, whatever the method. */
function page(
  name: string,
  role: Role = 'viewer',
  {
    ok = 200,
    post = ok,
    path = name,
  }: { ok?: number; post?: number; path?: string | TenantRequest['path'] } = {},
): TenantRequest[] {
  const at = typeof path === 'string' ? (slug: Slug) => `/w/${slug}${path && `/${path}`}` : path;
  const file = `w/[tenant]/${name || 'index'}.astro`;
  return [
    { file, method: 'GET', action: 'read', path: at, role, ok: [ok] },
    { file, method: 'POST', action: 'post nothing', path: at, fields: none, role, ok: [post] },
  ];
}

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

function setting(
  name: 'members' | 'connections',
  intent: string,
  fields: NonNullable<TenantRequest['fields']>,
  ok = 303,
): TenantRequest {
  return {
    file: `w/[tenant]/settings/${name}.astro`,
    method: 'POST',
    action: intent,
    path: (slug) => `/w/${slug}/settings/${name}`,
    fields: async (subject) => ({ intent, ...(await fields(subject)) }),
    role: 'admin',
    ok: [ok],
  };
}
const member = (intent: string, fields: NonNullable<TenantRequest['fields']>) =>
  setting('members', intent, fields);
const connection = (intent: string, ok?: number) =>
  setting(
    'connections',
    intent,
    ({ slug, world }) => Promise.resolve({ connection: belonging('connection')(slug, world) }),
    ok,
  );

const invitation = async ({ world, slug, may }: Subject): Promise<Fields> => {
  const { tenant, member: owner } = world.belongings[slug === 'alpha' ? 'alpha' : 'bravo'];
  return {
    invitation: may
      ? await addInvitation(world.db, tenant.id, owner)
      : belonging('invitation')(slug, world),
  };
};
const someone = async ({ world, slug, may }: Subject): Promise<Fields> => ({
  userId: may ? await addMember(slug) : belonging('member')(slug, world),
});

/** A form of the page of what was set aside, about a fresh record or job for those who may. */
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

/** A page that everybody may read, and members may write on. */
function reading(file: string, path: string): TenantRequest[] {
  const common = { file: `w/[tenant]/${file}.astro`, path: (slug: Slug) => `/w/${slug}/${path}` };
  return [
    { ...common, method: 'GET', action: 'read', role: 'viewer', ok: [200] },
    { ...common, method: 'POST', action: 'post nothing', fields: none, role: 'member', ok: [400] },
  ];
}

/** A form of such a page. */
function written(
  file: string,
  path: string,
  intent: string,
  fields: (subject: Subject) => Fields,
  ok: number,
): TenantRequest {
  return {
    file: `w/[tenant]/${file}.astro`,
    method: 'POST',
    action: intent,
    path: (slug) => `/w/${slug}/${path}`,
    fields: (subject) => Promise.resolve({ intent, ...fields(subject) }),
    role: 'member',
    ok: [ok],
  };
}

const sync = {
  file: 'api/sync/index.ts',
  path: (slug: Slug) => `/api/sync?tenant=${slug}`,
  role: 'member' as const,
};

const referralSync = {
  file: 'api/referrals/sync.ts',
  path: (slug: Slug) => `/api/referrals/sync?tenant=${slug}`,
  role: 'member' as const,
};

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

/** Every request that names a workspace. */
export const tenantRequests: TenantRequest[] = [
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
  ...page('leads', 'viewer', { post: 400 }),
  ...page('leads/[id]/index', 'viewer', { path: ofLead }),
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
  // The answer that held the record was never kept: the form says so, and nothing can be corrected
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
  ...page('settings/mapping', 'admin', { post: 400 }),
  ...['save', 'refresh', 'restore:0'].map((intent): TenantRequest => ({
    ...written('settings/mapping', 'settings/mapping', intent, () => ({}), 404),
    path: (slug, world) =>
      `/w/${slug}/settings/mapping?connection=${belonging('connection')(slug, world)}`,
    role: 'admin',
  })),
  ...page('settings/index', 'admin', { ok: 302, path: 'settings' }),
  ...page('settings/members', 'admin', { post: 400 }),
  ...page('settings/connections', 'admin', { post: 400 }),
  ...page('settings/features', 'admin', { post: 400 }),
  {
    file: 'w/[tenant]/settings/features.astro',
    method: 'POST',
    action: 'switch',
    path: (slug) => `/w/${slug}/settings/features`,
    fields: () => Promise.resolve({ feature: 'lead-engine', to: 'on' }),
    role: 'admin',
    ok: [303],
  },
  ...page('settings/scoring', 'admin', { post: 400 }),
  {
    file: 'w/[tenant]/settings/scoring.astro',
    method: 'POST',
    action: 'preview',
    path: (slug) => `/w/${slug}/settings/scoring`,
    fields: () => Promise.resolve({ intent: 'preview' }),
    role: 'admin',
    ok: [200],
  },
  {
    file: 'w/[tenant]/settings/scoring.astro',
    method: 'POST',
    action: 'save',
    path: (slug) => `/w/${slug}/settings/scoring`,
    fields: () => Promise.resolve({ intent: 'save', basedOn: '0', 'signals.spf': '30' }),
    role: 'admin',
    ok: [303, 409],
  },
  connection('pause'),
  connection('resume'),
  // One that is waiting keeps another out.
  { ...connection('replay'), ok: [303, 409] },
  // Without secrets nothing is asked of the provider.
  connection('reconnect', 400),
  connection('reconsent', 400),
  connection('webhook', 400),
  setting('connections', 'consent', () => Promise.resolve({ provider: 'clienttether' }), 400),
  ...page('settings/consents/[id]', 'admin', {
    path: (slug, world) => `/w/${slug}/settings/consents/${belonging('consent')(slug, world)}`,
  }),
  setting(
    'connections',
    'connect',
    () => Promise.resolve({ provider: 'clienttether', label: 'Another' }),
    400,
  ),
  member('invite', () => Promise.resolve({ email: `${randomUUID()}@guests.test`, role: 'viewer' })),
  // A page reads the button of a form, never the name of an action in the address.
  {
    file: 'w/[tenant]/settings/members.astro',
    method: 'POST',
    action: 'invite by _action',
    path: (slug) => `/w/${slug}/settings/members?_action=members.invite`,
    fields: () => Promise.resolve({ email: `${randomUUID()}@guests.test`, role: 'viewer' }),
    role: 'admin',
    ok: [400],
  },
  member('resend', invitation),
  member('revoke', invitation),
  member('role', async (subject) => ({ ...(await someone(subject)), role: 'member' })),
  member('remove', someone),
  ...['leads', 'pipeline', 'hot-list', 'referrals', 'notes', 'schedule', 'pushes'].flatMap(
    (list) => [...exportOf(list, 'csv'), ...exportOf(list, 'xlsx')],
  ),
  ...exportOf('members', 'csv', 404),
  ...exportOf('leads', 'pdf', 404),
  ...['sync/status', 'dashboard/leads', 'dashboard/notes', 'dashboard/schedule'].flatMap((name) =>
    api(name),
  ),
  ...api('leads/index', (slug) => `/api/leads?tenant=${slug}`),
  ...api(
    'leads/[id]/index',
    (slug, world) => `/api/leads/${belonging('lead')(slug, world)}?tenant=${slug}`,
  ),
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
  // Nothing is connected that takes leads; what is asked for by a lead of another workspace is
  // refused before that.
  ...pushing('v1/d365/push-lead', '/api/v1/d365/push-lead', ({ slug, world }) => ({
    lead_id: belonging('lead')(slug, world),
  })),
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

const both = (
  file: string,
  path: string,
  out: number,
  inside: number,
  post: { out: number; in: number; fields?: Fields } = { out, in: inside },
): PlainRequest[] => [
  { file, method: 'GET', path, out, in: inside },
  { file, method: 'POST', path, fields: {}, ...post },
];
const absentToken = 'an-invitation-that-never-was';

/** Every request that names none. */
export const plainRequests: PlainRequest[] = [
  ...both('index.astro', '/', 303, 303),
  ...both('404.astro', '/404', 404, 404),
  ...both('500.astro', '/500', 500, 500),
  ...both('problem.astro', '/problem', 404, 404),
  ...both('sign-in.astro', '/sign-in', 200, 303, { out: 400, in: 303 }),
  { file: 'sign-out.ts', method: 'GET', path: '/sign-out', out: 303, in: 303 },
  ...both('two-factor.astro', '/two-factor', 303, 303),
  ...both('forgot-password.astro', '/forgot-password', 200, 200, { out: 400, in: 400 }),
  ...both('reset-password.astro', '/reset-password?token=never', 400, 400, {
    out: 400,
    in: 400,
    fields: { password: 'a password long enough' },
  }),
  ...both('invitations/[token].astro', `/invitations/${absentToken}`, 404, 404),
  ...both('account/index.astro', '/account', 303, 200, { out: 303, in: 400 }),
  ...both('account/two-factor.astro', '/account/two-factor', 303, 200, { out: 303, in: 400 }),
  ...both('alerts.astro', '/alerts', 303, 404).map((request) => ({ ...request, staff: 200 })),
  ...both('metrics.ts', '/metrics', 404, 404),
  { file: 'workspaces.astro', method: 'GET', path: '/workspaces', out: 303, in: 200 },
  ...[
    'dashboard',
    'reports',
    'leads',
    'pipeline',
    'hot-list',
    'referrals',
    'notes',
    'schedule',
  ].flatMap((name) => both('[...path].ts', `/${name}`, 303, 302)),
  ...both('[...path].ts', '/nothing/here', 404, 404),
  ...both('[...path].ts', '/w', 404, 404),
  ...both('[...path].ts', '/api/nothing', 404, 404),
  // Forms are posted to their pages; there is no way around these and their guards.
  ...['members.invite', 'leads.push', 'account.name'].flatMap((name) =>
    both('[...path].ts', `/_actions/${name}`, 404, 404, {
      out: 404,
      in: 404,
      fields: { intent: 'invite', email: 'a@guests.test', role: 'admin', name: 'Ada' },
    }),
  ),
  ...[
    'get-session',
    'organization/list',
    'organization/get-full-organization',
    'organization/set-active',
    'list-sessions',
    'sign-up/email',
    'update-user',
    'two-factor/disable',
  ].flatMap((name) => both('api/auth/[...all].ts', `/api/auth/${name}`, 404, 404)),
  ...both('api/openapi.json.ts', '/api/openapi.json', 200, 200, { out: 405, in: 405 }),
  ...both(
    'api/webhooks/[provider]/[tenantId]/[connectionId].ts',
    `/api/webhooks/partner-center/${randomUUID()}/${randomUUID()}`,
    405,
    405,
    { out: 401, in: 401 },
  ),
  ...both('healthz.ts', '/healthz', 200, 200, { out: 404, in: 404 }),
  ...both('readyz.ts', '/readyz', 200, 200, { out: 404, in: 404 }),
];
