import { randomUUID } from 'node:crypto';
import { password } from '../helpers/web.ts';
import type { Fields, PlainRequest } from './request.ts';

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
  ...both(
    'sso/callback/[provider].ts',
    `/sso/callback/${randomUUID()}?state=never&code=never`,
    400,
    400,
    { out: 404, in: 404 },
  ),
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
  ...both('audit.astro', '/audit', 303, 404).map((request) => ({ ...request, staff: 200 })),
  { file: 'audit.csv.ts', method: 'GET', path: '/audit.csv', out: 303, in: 404, staff: 200 },
  { file: 'people/index.astro', method: 'GET', path: '/people', out: 303, in: 404, staff: 200 },
  ...both('people/[id].astro', `/people/${randomUUID()}`, 303, 404),
  ...['disable', 'enable', 'delete', 'reset-two-factor', 'end-sessions'].map(
    (intent): PlainRequest => ({
      file: 'people/[id].astro',
      method: 'POST',
      path: `/people/${randomUUID()}`,
      fields: { intent, password },
      out: 303,
      in: 404,
      staff: 404,
    }),
  ),
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
  ...both('api/webhooks/[provider]/index.ts', '/api/webhooks/hubspot', 405, 405, {
    out: 401,
    in: 401,
  }),
  ...both(
    'api/integrations/oauth/callback/[provider].ts',
    '/api/integrations/oauth/callback/partner-center?state=never&code=never',
    401,
    400,
    { out: 405, in: 405 },
  ),
  ...both('healthz.ts', '/healthz', 200, 200, { out: 404, in: 404 }),
  ...both('readyz.ts', '/readyz', 200, 200, { out: 404, in: 404 }),
];
