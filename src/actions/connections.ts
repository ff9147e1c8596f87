import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import {
  startDeviceAuthorization,
  restartDeviceAuthorization,
} from '#lib/connections/oauth/device-flow/start.ts';
import { restartRedirect, startRedirect } from '#lib/connections/oauth/code-flow/start.ts';
import { connectAccount, pauseConnection, reconnectAccount } from '#lib/connections/manage.ts';
import { createWebhookAddress } from '#lib/webhooks/inbound/address.ts';
import { registerWebhook } from '#lib/webhooks/inbound/registration.ts';
import { requestDeletions, requestReplay } from '#lib/ingest/request.ts';
import { action, atLeast, buttonOf, byButton, guarded, text, type Action } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/** The notices of the page, by button. */
export const connectionNotices: Record<string, string> = {
  connect:
    'The system is connected. Its first sync starts within the hour; "Sync now" starts it at once.',
  reconnect: 'The new credentials are in use. "Sync now" updates the data at once.',
  pause: 'The connection is paused. Its data is kept.',
  resume: 'The connection has been resumed and is synced every hour.',
  'accept-deletions':
    'Confirmed. A full sync starts now and deletes the rows that are still missing.',
  webhook: 'The webhook is registered. Changes now arrive within moments.',
  'webhook-address': 'The address is made. Enter it at the system; one from before stops working.',
  replay:
    'The rebuild starts within seconds and runs in the background. Pages update as it proceeds.',
};

const connectionForm = z.object({ connection: text });

/** Each provider has its own settings and secrets: `setting.<name>` and `secret.<name>`. */
const accountForm = z
  .object({ provider: text, auth: text, label: text, baseUrl: text })
  .catchall(z.string())
  .transform(({ provider, auth, label, baseUrl, ...more }) => ({
    provider,
    auth: auth === '' ? null : auth,
    label,
    settings: omitEmpty({ baseUrl: baseUrl.trim(), ...pickPrefixed('setting.', more) }),
    secrets: pickPrefixed('secret.', more),
  }));

const secretsForm = connectionForm
  .catchall(z.string())
  .transform(({ connection, ...more }) => ({ connection, secrets: pickPrefixed('secret.', more) }));

/** Returns the id of the sign-in that goes on at the provider, if there is one. */
const change = guarded(
  atLeast('admin'),
  byButton<Access, string | undefined>({
    connect: staying(accountForm, ({ tenant, user }, account) =>
      connectAccount({ tenantId: tenant.id, ...account, requestedBy: user.id }),
    ),
    consent: action(accountForm, ({ tenant, user }, account) =>
      startDeviceAuthorization({ tenantId: tenant.id, ...account, requestedBy: user.id }),
    ),
    reconnect: staying(secretsForm, ({ tenant }, { connection, secrets }) =>
      reconnectAccount(tenant.id, connection, secrets),
    ),
    reconsent: action(secretsForm, ({ tenant, user }, { connection, secrets }) =>
      restartDeviceAuthorization(tenant.id, connection, secrets, user.id),
    ),
    'sign-in': action(accountForm, ({ tenant, user }, account) =>
      startRedirect({ tenantId: tenant.id, ...account, requestedBy: user.id }),
    ),
    'sign-in-again': action(secretsForm, ({ tenant, user }, { connection, secrets }) =>
      restartRedirect(tenant.id, connection, secrets, user.id),
    ),
    pause: staying(connectionForm, ({ tenant }, { connection }) =>
      pauseConnection(tenant.id, connection, true),
    ),
    resume: staying(connectionForm, ({ tenant }, { connection }) =>
      pauseConnection(tenant.id, connection, false),
    ),
    'accept-deletions': staying(connectionForm, ({ tenant, user }, { connection }) =>
      requestDeletions(tenant.id, connection, user.id),
    ),
    webhook: staying(connectionForm, ({ tenant }, { connection }) =>
      registerWebhook(tenant.id, connection),
    ),
    'webhook-address': staying(connectionForm, ({ tenant }, { connection }) =>
      createWebhookAddress(tenant.id, connection),
    ),
    replay: staying(connectionForm, ({ tenant, user }, { connection }) =>
      requestReplay(tenant.id, connection, user.id),
    ),
  }),
);

/** An action that returns to the same page and ignores the result of its handler. */
function staying<Input extends z.ZodType>(
  input: Input,
  handler: (access: Access, input: z.output<Input>) => Promise<unknown>,
): Action<Access, undefined> {
  return action(input, async (access: Access, given) => {
    await handler(access, given);
    return undefined;
  });
}

/** Handles the forms of the connections page, selected by button. */
export async function submitConnections(access: Access, fields: Fields): Promise<Response> {
  const signInId = await change(access, fields);
  const settings = `/w/${access.tenant.slug}/settings`;
  return redirectAfterPost(
    signInId === undefined
      ? `${settings}/connections?done=${buttonOf(fields)}`
      : `${settings}/consents/${signInId}`,
  );
}

/**
 * Returns the fields named `<prefix><name>`, by name. Forms never send secrets back to the browser.
 */
function pickPrefixed(prefix: string, fields: Fields): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value.trim()]] : [],
    ),
  );
}

/** Omits empty settings, which keep their defaults. */
function omitEmpty(settings: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== ''));
}
