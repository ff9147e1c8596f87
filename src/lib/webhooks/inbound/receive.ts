import { Problem } from '../../platform/errors.ts';
import { log } from '../../platform/log.ts';
import { providers } from '../../connectors/registry.ts';
import { RecordRejected } from '../../connectors/contract/source.ts';
import type {
  DeliveredEvent,
  Delivery,
  WebhookDefinition,
} from '../../connectors/contract/events.ts';
import { publicUrl } from '../../identity/auth/public-url.ts';
import { findAddressee, type Addressee, type WebhookAddress } from './addressee.ts';
import { findCertificateRefusal } from './certificate-proof.ts';
import { findSecretRefusal } from './secret-proof.ts';
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

/**
 * Records the events of a delivery that is authentic; the sender's address is not checked. Throws
 * Problem: `unauthenticated`, always with the same message, for an invalid signature or an unknown
 * connection; `unavailable` when the certificate cannot be fetched right now; `bad_request` for a
 * genuine delivery that cannot be parsed.
 */
export async function receiveDelivery(
  to: WebhookAddress,
  { path, ...request }: ReceivedRequest,
): Promise<ReceiptStatus> {
  const webhook = findWebhook(to.provider);
  if (webhook === undefined)
    throw refuseDelivery(to, 'Its address names no provider with webhooks.');
  // Never built from the Host header, which whoever sends the delivery chooses.
  const delivery = { ...request, url: publicUrl(path) };
  const refusal = await findRefusal(to, webhook, delivery);
  if (refusal !== null) throw refuseDelivery(to, refusal);
  const addressee = await findAddressee(to);
  if (addressee === undefined) throw refuseDelivery(to, 'Its address names no connection.');
  const events = parseEvents(webhook, delivery);
  return recordEvents(
    to,
    events.filter((event) => isFor(addressee, event)),
    events.length,
  );
}

const findWebhook = (provider: string): WebhookDefinition | undefined =>
  providers.find(({ key }) => key === provider)?.webhook;

const findRefusal = (
  to: WebhookAddress,
  { proof }: WebhookDefinition,
  delivery: Delivery,
): Promise<string | null> =>
  proof.kind === 'certificate'
    ? findCertificateRefusal(to, proof, delivery)
    : findSecretRefusal(to, proof, delivery);

/** An app's secret signs the events of all its accounts, so each event has to name its own. */
const isFor = ({ account }: Addressee, event: DeliveredEvent): boolean =>
  event.account === undefined || event.account === account;

function parseEvents(webhook: WebhookDefinition, { body }: Delivery): DeliveredEvent[] {
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
function refuseDelivery({ provider }: WebhookAddress, reason: string): Problem {
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
