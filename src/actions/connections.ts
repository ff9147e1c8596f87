import type { Access } from '#lib/identity/auth/access.ts';
import { startConsent, startReconsent } from '#lib/connections/oauth/device-flow/start.ts';
import { connectAccount, pauseConnection, reconnectAccount } from '#lib/connections/manage.ts';
import { Problem } from '#lib/platform/errors.ts';
import { registerWebhook } from '#lib/webhooks/inbound/registration.ts';
import { requestDeletions, requestReplay } from '#lib/ingest/request.ts';
import { seeOther, type Fields } from './form.ts';

/** What the page says after each thing that was done. */
export const connectionNotices: Record<string, string> = {
  connect:
    'The system is connected. Its first sync starts within the hour, or at once with "Sync now".',
  reconnect: 'The new credentials are in use. "Sync now" brings the data up to date at once.',
  pause: 'The connection is paused. Its data stays as it is.',
  resume: 'The connection is synced every hour again.',
  'accept-deletions':
    'Confirmed. The next sync reads everything again and deletes what is still missing; it begins at once.',
  webhook: 'The system sends its notices here from now on. Changes show within moments.',
  replay:
    'The replay begins within seconds and goes on in the background. Pages show its records as it gets on.',
};

const verbs: Record<string, (access: Access, fields: Fields) => Promise<unknown>> = {
  connect: (access, fields) => connectAccount(accountOf(access, fields)),
  reconnect: ({ tenant }, { connection = '', ...fields }) =>
    reconnectAccount(tenant.id, connection, named('secret.', fields)),
  pause: ({ tenant }, { connection = '' }) => pauseConnection(tenant.id, connection, true),
  resume: ({ tenant }, { connection = '' }) => pauseConnection(tenant.id, connection, false),
  'accept-deletions': ({ tenant, user }, { connection = '' }) =>
    requestDeletions(tenant.id, connection, user.id),
  webhook: ({ tenant }, { connection = '' }) => registerWebhook(tenant.id, connection),
  replay: ({ tenant, user }, { connection = '' }) => requestReplay(tenant.id, connection, user.id),
};

/** Those that lead to the page of a code, by the id of the consent that they begin. */
const consents: Record<string, (access: Access, fields: Fields) => Promise<string>> = {
  consent: (access, fields) => startConsent(accountOf(access, fields)),
  reconsent: ({ tenant, user }, { connection = '', ...fields }) =>
    startReconsent(tenant.id, connection, named('secret.', fields), user.id),
};

function accountOf(
  { tenant, user }: Access,
  { provider = '', label = '', baseUrl = '', ...fields }: Fields,
) {
  const settings = filled({ baseUrl: baseUrl.trim(), ...named('setting.', fields) });
  return {
    tenantId: tenant.id,
    provider,
    label,
    settings,
    secrets: named('secret.', fields),
    requestedBy: user.id,
  };
}

/** One of the forms of the connections page, told apart by its button. */
export async function submitConnections(access: Access, fields: Fields): Promise<Response> {
  const intent = fields['intent'] ?? '';
  const consent = Object.hasOwn(consents, intent) ? consents[intent] : undefined;
  if (consent !== undefined)
    return seeOther(`/w/${access.tenant.slug}/settings/consents/${await consent(access, fields)}`);
  const verb = Object.hasOwn(verbs, intent) ? verbs[intent] : undefined;
  if (verb === undefined)
    throw new Problem(
      'bad_request',
      'This form does not belong to this page. Open the page again.',
    );
  await verb(access, fields);
  return seeOther(`/w/${access.tenant.slug}/settings/connections?done=${intent}`);
}

/** Fields called `<prefix><name>`, by name. Those of secrets are never sent back by the forms. */
function named(prefix: string, fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value.trim()]] : [],
    ),
  );
}

/** What was left empty keeps its default. */
function filled(settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''));
}
