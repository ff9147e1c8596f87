import { sql } from 'drizzle-orm';
import { getAppSecrets } from '../../connections/oauth/app.ts';
import { chooseAuth, listAuths } from '../../connectors/choose-auth.ts';
import { providers } from '../../connectors/registry.ts';
import type { DeliveredEvent, Delivery, SecretProof } from '../../connectors/contract/events.ts';
import { listTenants } from '../../identity/tenancy/tenants.ts';
import { defineTenantsQuery } from '../../identity/tenancy/with-tenant.ts';
import { getOwn } from '../../platform/own.ts';
import { settleAll } from '../../platform/settle-all.ts';
import { authorizations, connections } from '../../schema/connections.ts';
import type { WebhookAddress } from './addressee.ts';
import {
  findWebhook,
  parseEvents,
  refuseDelivery,
  takeEvents,
  toDelivery,
  type ReceivedRequest,
} from './receive.ts';
import { findSecretRefusal } from './secret-proof.ts';

/**
 * Records the events of a delivery to the address of the deployment's app (OAUTH_CLIENTS), for every
 * connection that was made with this app to the account of an event, in its own workspace. Throws
 * Problem as `receiveDelivery` does; an unknown account is not told from a known one.
 */
export async function receiveAppDelivery(
  provider: string,
  request: ReceivedRequest,
): Promise<void> {
  const webhook = findWebhook(provider);
  if (webhook?.ofApp !== true || webhook.proof.kind !== 'secret')
    throw refuseDelivery({ provider }, 'Its address names no provider whose apps have webhooks.');
  const { proof } = webhook;
  const secret = findAppSecret(provider, proof);
  if (secret === undefined)
    throw refuseDelivery({ provider }, 'This installation has no app at that provider.');
  const delivery = toDelivery(request);
  const refusal = proof.refusal(delivery, { secret, now: new Date() });
  if (refusal !== null) throw refuseDelivery({ provider }, refusal);
  const events = groupByAccount(parseEvents(webhook, delivery));
  const places = await listConnectionsOf(provider, events);
  await settleAll(places.map(({ own, ...to }) => takeForConnection(to, proof, delivery, own)));
}

/** An empty secret would make a signature that everybody can compute. */
function findAppSecret(key: string, proof: SecretProof): string | undefined {
  const provider = providers.find((one) => one.key === key);
  if (provider === undefined) return undefined;
  return listAuths(provider)
    .map((way) => getOwn(getAppSecrets(chooseAuth(provider, way.key)), proof.secret))
    .find((secret) => secret !== undefined && secret !== '');
}

function groupByAccount(events: readonly DeliveredEvent[]): Map<string, DeliveredEvent[]> {
  const byAccount = new Map<string, DeliveredEvent[]>();
  for (const event of events)
    if (event.account !== undefined)
      byAccount.set(event.account, [...(byAccount.get(event.account) ?? []), event]);
  return byAccount;
}

const readAccounts = defineTenantsQuery<{
  connectionId: string;
  provider: string;
  accountId: string;
}>(
  (tenant) => sql`
    select ${connections.id} as "connectionId", ${connections.provider} as provider,
      ${authorizations.accountId} as "accountId"
    from ${connections} join ${authorizations}
      on ${authorizations.tenantId} = ${connections.tenantId}
      and ${authorizations.connectionId} = ${connections.id}
    where ${connections.tenantId} = ${tenant} and ${authorizations.accountId} is not null`,
);

/**
 * The connections to any of the accounts, with the events of each. Every workspace is asked for its
 * own, bound to itself by row-level security, a hundred of them with one message.
 */
async function listConnectionsOf(
  provider: string,
  events: ReadonlyMap<string, DeliveredEvent[]>,
): Promise<(WebhookAddress & { own: DeliveredEvent[] })[]> {
  const found = await readAccounts((await listTenants()).map(({ id }) => id));
  return [...found].flatMap(([tenantId, rows]) =>
    rows.flatMap(({ connectionId, provider: its, accountId }) => {
      const own = its === provider ? events.get(accountId) : undefined;
      return own === undefined ? [] : [{ provider, tenantId, connectionId, own }];
    }),
  );
}

/**
 * Records the events that the connection's own secret proves as well: one that was made with another
 * app of the same account gets its events from that app.
 */
async function takeForConnection(
  to: WebhookAddress,
  proof: SecretProof,
  delivery: Delivery,
  own: readonly DeliveredEvent[],
): Promise<void> {
  if ((await findSecretRefusal(to, proof, delivery)) === null) await takeEvents(to, own, 0);
}
