import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import {
  startDeviceAuthorization,
  restartDeviceAuthorization,
} from '#lib/connections/oauth/device-flow/start.ts';
import { restartRedirect, startRedirect } from '#lib/connections/oauth/code-flow/start.ts';
import { connectAccount, pauseConnection, reconnectAccount } from '#lib/connections/manage.ts';
import { stopLending, stopUsing } from '#lib/connections/sharing/end.ts';
import { requireLender, requireRenewal } from '#lib/connections/sharing/lender.ts';
import { shareAuthorization } from '#lib/connections/sharing/share.ts';
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
  share:
    'The connection uses the sign-in that you chose. Its first sync starts within the hour; ' +
    '"Sync now" starts it at once.',
  'stop-using': 'The connection no longer uses the sign-in of another one. Sign in to its account.',
  'stop-lending':
    'The sign-in is no longer shared. Connections that used it have to be signed in to.',
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

const shareForm = z
  .object({ workspace: text, authorization: text, label: text, baseUrl: text })
  .catchall(z.string())
  .transform(({ workspace, authorization, label, baseUrl, ...more }) => ({
    workspace,
    connectionId: authorization,
    label,
    settings: omitEmpty({ baseUrl: baseUrl.trim(), ...pickPrefixed('setting.', more) }),
  }));

/** A sign-in that goes on at the provider, in the workspace with this slug. */
interface Pending {
  slug: string;
  signInId: string;
}

type Restart = typeof restartRedirect;

/** Returns the sign-in that goes on at the provider, if there is one. */
const change = guarded(
  atLeast('admin'),
  byButton<Access, Pending | undefined>({
    connect: staying(accountForm, ({ tenant, user }, account) =>
      connectAccount({ tenantId: tenant.id, ...account, requestedBy: user.id }),
    ),
    consent: leading(accountForm, ({ tenant, user }, account) =>
      startDeviceAuthorization({ tenantId: tenant.id, ...account, requestedBy: user.id }),
    ),
    reconnect: staying(secretsForm, async (access, { connection, secrets }) => {
      const renewal = await requireRenewal(access, connection);
      await reconnectAccount(renewal.access.tenant.id, renewal.connectionId, secrets);
    }),
    reconsent: renewing(restartDeviceAuthorization),
    'sign-in': leading(accountForm, ({ tenant, user }, account) =>
      startRedirect({ tenantId: tenant.id, ...account, requestedBy: user.id }),
    ),
    'sign-in-again': renewing(restartRedirect),
    share: staying(shareForm, async (access, { workspace, connectionId, ...account }) => {
      const { tenant } = await requireLender(access, workspace);
      const owner = { tenantId: tenant.id, connectionId };
      const requestedBy = access.user.id;
      await shareAuthorization({ tenantId: access.tenant.id, owner, ...account, requestedBy });
    }),
    'stop-using': staying(connectionForm, ({ tenant }, { connection }) =>
      stopUsing({ tenantId: tenant.id, connectionId: connection }),
    ),
    'stop-lending': staying(connectionForm, ({ tenant }, { connection }) =>
      stopLending({ tenantId: tenant.id, connectionId: connection }),
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

/** An action that begins a sign-in at the provider in this workspace, and returns it. */
function leading<Input extends z.ZodType>(
  input: Input,
  handler: (access: Access, input: z.output<Input>) => Promise<string>,
): Action<Access, Pending> {
  return action(input, async (access: Access, given) => ({
    slug: access.tenant.slug,
    signInId: await handler(access, given),
  }));
}

/** Begins to sign in again where the sign-in of the connection belongs. */
function renewing(restart: Restart): Action<Access, Pending> {
  return action(secretsForm, async (access: Access, { connection, secrets }) => {
    const { access: at, connectionId } = await requireRenewal(access, connection);
    const signInId = await restart(at.tenant.id, connectionId, secrets, access.user.id);
    return { slug: at.tenant.slug, signInId };
  });
}

/** Handles the forms of the connections page, selected by button. */
export async function submitConnections(access: Access, fields: Fields): Promise<Response> {
  const pending = await change(access, fields);
  return redirectAfterPost(
    pending === undefined
      ? `/w/${access.tenant.slug}/settings/connections?done=${buttonOf(fields)}`
      : `/w/${pending.slug}/settings/consents/${pending.signInId}`,
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
