import { randomUUID } from 'node:crypto';
import { password } from '../helpers/web.ts';
import {
  belonging,
  page,
  written,
  type Fields,
  type Subject,
  type TenantRequest,
} from './request.ts';
import { privacyRequests } from './privacy-requests.ts';
import { addInvitation, addMember } from './world.ts';

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
const member = (intent: string, fields: NonNullable<TenantRequest['fields']>, ok?: number) =>
  setting('members', intent, fields, ok);
const connection = (intent: string, ok?: number) =>
  setting(
    'connections',
    intent,
    ({ slug, world }) => Promise.resolve({ connection: belonging('connection')(slug, world) }),
    ok,
  );

const singleSignOn = (intent: string, ok: number, fields: Fields = {}): TenantRequest => ({
  file: 'w/[tenant]/settings/single-sign-on.astro',
  method: 'POST',
  action: intent,
  path: (slug) => `/w/${slug}/settings/single-sign-on`,
  fields: () => Promise.resolve({ intent, ...fields }),
  role: 'staff',
  ok: [ok],
});

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

/** Requests for the settings of a workspace. */
export const settingsRequests: TenantRequest[] = [
  ...page('settings/mapping', 'admin', { post: 400 }),
  ...['save', 'refresh', 'restore:0'].map((intent): TenantRequest => ({
    ...written('settings/mapping', 'settings/mapping', intent, () => ({}), 404),
    path: (slug, world) =>
      `/w/${slug}/settings/mapping?connection=${belonging('connection')(slug, world)}`,
    role: 'admin',
  })),
  ...page('settings/incoming', 'admin', { post: 400 }),
  ...Object.entries({ check: 200, try: 200, save: 400, rebuild: 400, 'restore:0': 303 }).map(
    ([intent, ok]): TenantRequest => ({
      ...written('settings/incoming', 'settings/incoming', intent, () => ({}), ok),
      path: (slug, world) =>
        `/w/${slug}/settings/incoming?stream=clients` +
        `&connection=${belonging('connection')(slug, world)}`,
      role: 'admin',
    }),
  ),
  ...(
    [
      ['describe', 400],
      ['find-objects', 400],
      ['add-object', 400],
      ['remove-object', 404],
    ] as const
  ).map(([intent, ok]): TenantRequest => ({
    ...written('settings/incoming', 'settings/incoming', intent, () => ({}), ok),
    path: (slug, world) =>
      `/w/${slug}/settings/incoming?stream=clients&connection=${belonging('connection')(slug, world)}`,
    role: 'admin',
  })),
  ...page('settings/index', 'admin', { ok: 302, path: 'settings' }),
  ...page('settings/members', 'admin', { post: 400 }),
  ...page('settings/connections', 'admin', { post: 400 }),
  ...privacyRequests,
  ...page('settings/features', 'admin', { post: 400 }),
  ...page('settings/audit', 'admin'),
  {
    file: 'w/[tenant]/settings/features.astro',
    method: 'POST',
    action: 'switch',
    path: (slug) => `/w/${slug}/settings/features`,
    fields: () => Promise.resolve({ feature: 'lead-engine', to: 'on' }),
    role: 'admin',
    ok: [303],
  },
  ...page('settings/single-sign-on', 'staff', { post: 400 }),
  singleSignOn('save', 400, { issuer: 'acme', clientId: 'c', clientSecret: 's' }),
  singleSignOn('options', 404, { newMemberRole: 'viewer' }),
  ...['on', 'off', 'test', 'remove'].map((intent) => singleSignOn(intent, 404)),
  singleSignOn('add-domain', 303, { domain: 'acme.test' }),
  ...['verify-domain', 'remove-domain'].map((intent) =>
    singleSignOn(intent, 404, { domain: 'unknown.test' }),
  ),
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
  connection('sign-in-again', 400),
  connection('stop-using', 409),
  connection('stop-lending', 409),
  // Keys are no sign-in that could be shared.
  setting(
    'connections',
    'share',
    ({ slug, world }) => Promise.resolve({ authorization: belonging('connection')(slug, world) }),
    404,
  ),
  connection('webhook', 400),
  connection('webhook-address', 400),
  setting('connections', 'consent', () => Promise.resolve({ provider: 'clienttether' }), 400),
  setting('connections', 'sign-in', () => Promise.resolve({ provider: 'clienttether' }), 400),
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
  // Whoever asks enters a password, and has two-step sign-in before they demand it.
  member('end-sessions', async (subject) => ({ ...(await someone(subject)), password }), 303),
  member('reset-two-factor', async (subject) => ({ ...(await someone(subject)), password }), 409),
  member('demand-on', () => Promise.resolve({}), 409),
  member('demand-off', () => Promise.resolve({}), 303),
];
