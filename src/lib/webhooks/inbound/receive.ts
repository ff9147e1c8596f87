import { Problem } from '../../platform/errors.ts';
import { log } from '../../platform/log.ts';
import { providers } from '../../connectors/registry.ts';
import { RecordRejected } from '../../connectors/contract/source.ts';
import type {
  DeliveredEvent,
  Delivery,
  DeliveryAnswer,
  WebhookDefinition,
} from '../../connectors/contract/events.ts';
import { enqueue } from '../../jobs/queue.ts';
import { publicUrl } from '../../identity/auth/public-url.ts';
import { findAddressee, type Addressee, type WebhookAddress } from './addressee.ts';
import { findCertificateRefusal } from './certificate-proof.ts';
import { answerEcho, answerHash } from './challenge.ts';
import { findSecretRefusal } from './secret-proof.ts';
import { findTokenRefusal } from './token-proof.ts';
import { recordEvents, type ReceiptStatus } from './record.ts';

/**
 * The largest body of a delivery in bytes where the provider names none. Most deliveries contain
 * names and times, never records.
 */
const defaultMaxBytes = 64 * 1024;

/** A delivery as the web server has it. */
export interface ReceivedRequest extends Omit<Delivery, 'url'> {
  /** Path and query of the address that was called. */
  path: string;
}

/** The largest body of a delivery of a provider in bytes. */
export const getMaxDeliveryBytes = (provider: string): number =>
  findWebhook(provider)?.maxBytes ?? defaultMaxBytes;

/** What became of a delivery, or what the provider wants to read in its place. */
export type Receipt = { received: ReceiptStatus } | DeliveryAnswer;

/**
 * Records the events of a delivery that is authentic; the sender's address is not checked. Throws
 * Problem: `unauthenticated`, always with the same message, for an invalid signature or an unknown
 * connection; `unavailable` when the certificate cannot be fetched right now; `bad_request` for a
 * genuine delivery that cannot be parsed.
 */
export async function receiveDelivery(
  to: WebhookAddress,
  request: ReceivedRequest,
): Promise<Receipt> {
  const webhook = findWebhook(to.provider);
  if (webhook === undefined)
    throw refuseDelivery(to, 'Its address names no provider with webhooks.');
  return takeDelivery(to, webhook, toDelivery(request));
}

/** As `receiveDelivery`, by the definition of the provider's webhooks. */
export async function takeDelivery(
  to: WebhookAddress,
  webhook: WebhookDefinition,
  delivery: Delivery,
): Promise<Receipt> {
  const echo = answerEcho(webhook, delivery);
  if (echo !== null) return echo;
  const refusal = await findRefusal(to, webhook, delivery);
  if (refusal !== null) throw refuseDelivery(to, refusal);
  const addressee = await findAddressee(to);
  if (addressee === undefined) throw refuseDelivery(to, 'Its address names no connection.');
  const answer = await answerHash(to, webhook, delivery);
  if (answer !== null) return answer;
  const events = parseEvents(webhook, delivery);
  const own = events.filter((event) => isFor(addressee, event));
  if (webhook.proof.kind === 'token' && own.length < events.length)
    throw refuseDelivery(to, 'It is about another account than that of its connection.');
  const received = await takeEvents(to, own, events.length - own.length);
  return webhook.acknowledgement ?? { received };
}

/**
 * Records the events of a connection, and queues the renewal of its registration if one asks for
 * that. `foreign` counts the events for other accounts that came along.
 */
export async function takeEvents(
  to: WebhookAddress,
  own: readonly DeliveredEvent[],
  foreign: number,
): Promise<ReceiptStatus> {
  const changes = own.filter(({ asksRenewal }) => asksRenewal !== true);
  if (changes.length < own.length) {
    const { tenantId, connectionId } = to;
    const payload = { tenantId, connectionId, renew: true };
    await enqueue('keep-subscription', payload, { key: `${connectionId}/renew` });
  }
  return recordEvents(to, changes, foreign);
}

/** A delivery to the public address, never to that of the Host header, which its sender chooses. */
export const toDelivery = ({ path, ...request }: ReceivedRequest): Delivery => ({
  ...request,
  url: publicUrl(path),
});

export const findWebhook = (provider: string): WebhookDefinition | undefined =>
  providers.find(({ key }) => key === provider)?.webhook;

function findRefusal(
  to: WebhookAddress,
  { proof }: WebhookDefinition,
  delivery: Delivery,
): Promise<string | null> {
  switch (proof.kind) {
    case 'certificate':
      return findCertificateRefusal(to, proof, delivery);
    case 'secret':
      return findSecretRefusal(to, proof, delivery);
    case 'token':
      return findTokenRefusal(to, proof, delivery);
  }
}

/** An app's secret signs the events of all its accounts, so each event has to name its own. */
const isFor = ({ account }: Addressee, event: DeliveredEvent): boolean =>
  event.account === undefined || event.account === account;

/** Throws Problem `bad_request`. */
export function parseEvents(webhook: WebhookDefinition, { body }: Delivery): DeliveredEvent[] {
  try {
    return webhook.parse(Buffer.from(body).toString('utf8'));
  } catch (error) {
    if (error instanceof RecordRejected) throw new Problem('bad_request', error.message);
    throw error;
  }
}

/**
 * Logs the reason and returns an error without it. The response for an unknown connection equals
 * that for an invalid signature, so that it reveals nothing.
 */
export function refuseDelivery(
  { provider }: Pick<WebhookAddress, 'provider'>,
  reason: string,
): Problem {
  log.warn(
    {
      event: 'webhook.refused',
      provider: /^[\w-]{1,40}$/.test(provider) ? provider : 'unknown',
      reason,
    },
    'A webhook delivery was refused',
  );
  return new Problem('unauthenticated', 'This delivery is not accepted.');
}
