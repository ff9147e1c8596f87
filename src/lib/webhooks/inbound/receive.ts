import { and, eq } from 'drizzle-orm';
import { connections } from '../../schema/connections.ts';
import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isId } from '../../platform/id.ts';
import { log } from '../../platform/log.ts';
import { providers } from '../../connectors/registry.ts';
import { RecordRejected } from '../../connectors/contract/source.ts';
import type {
  DeliveredEvent,
  Delivery,
  WebhookDefinition,
} from '../../connectors/contract/events.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import {
  admitCertificates,
  getCertificates,
  isKnownAddress,
  type CertificateFile,
  type CertificateSource,
} from './certificates.ts';
import { recordEvent, type ReceiptStatus } from './record.ts';
import { getTrustedCertificates } from './trust.ts';

/** The largest body of a delivery in bytes. Deliveries contain names and times, never records. */
export const maxDeliveryBytes = 64 * 1024;
/**
 * A cached certificate that is older than this is requested again when a signature does not match
 * it.
 */
const recheckMs = 60_000;

/** The connection that a delivery is for, as its address names it. */
export interface WebhookAddress {
  provider: string;
  tenantId: string;
  connectionId: string;
}

/**
 * Records the event of a delivery whose signature is valid; the sender's address is not checked.
 * Throws Problem: `unauthenticated`, always with the same message, for an invalid signature or an
 * unknown connection; `unavailable` when the certificate cannot be fetched right now; `bad_request`
 * for a genuine delivery that cannot be parsed.
 */
export async function receiveDelivery(
  to: WebhookAddress,
  delivery: Delivery,
): Promise<ReceiptStatus> {
  const webhook = providers.find(({ key }) => key === to.provider)?.webhook;
  const refusal =
    webhook === undefined
      ? 'Its address names no provider with webhooks.'
      : await findRefusal(to, webhook, delivery);
  if (webhook === undefined || refusal !== null) throw refuseDelivery(to, refusal);
  if (!(await connectionExists(to))) throw refuseDelivery(to, 'Its address names no connection.');
  return recordEvent(to, parseEvent(webhook, delivery));
}

async function findRefusal(
  to: WebhookAddress,
  webhook: WebhookDefinition,
  delivery: Delivery,
): Promise<string | null> {
  const { url: readUrl, ...sources } = webhook.certificate;
  const url = readUrl(delivery);
  if (url === undefined) return 'It names no certificate.';
  const source = { url, ...sources };
  try {
    return await verifyDelivery(webhook, delivery, source, await chooseBudget(to, source));
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    if (error.kind === 'transient' || error.kind === 'rate_limited')
      throw new Problem(
        'unavailable',
        'This delivery cannot be checked right now. Send it again later.',
      );
    return error.kind === 'permission'
      ? 'The address of its certificate is not allowed.'
      : 'Its certificate cannot be read.';
  }
}

/**
 * The budget that a request to an unknown address counts against. Deliveries to connections that do
 * not exist share one of their own.
 */
async function chooseBudget(to: WebhookAddress, source: CertificateSource): Promise<string> {
  return isKnownAddress(source) || !(await connectionExists(to)) ? 'nobody' : to.connectionId;
}

async function verifyDelivery(
  { refusal }: WebhookDefinition,
  delivery: Delivery,
  source: CertificateSource,
  budget: string,
): Promise<string | null> {
  const check = ({ certificates }: CertificateFile) =>
    refusal(delivery, { certificates, trusted: getTrustedCertificates(), now: new Date() });
  let file = await getCertificates(source, budget);
  let reason = check(file);
  if (reason !== null && Date.now() - file.fetchedAt > recheckMs) {
    // The certificate may have been replaced under the same address.
    file = await getCertificates(source, budget, recheckMs);
    reason = check(file);
  }
  if (reason === null) admitCertificates(source.url, file);
  return reason;
}

async function connectionExists({
  provider,
  tenantId,
  connectionId,
}: WebhookAddress): Promise<boolean> {
  if (!isId(tenantId) || !isId(connectionId)) return false;
  const own = and(
    eq(connections.tenantId, tenantId),
    eq(connections.id, connectionId),
    eq(connections.provider, provider),
  );
  return (
    (
      await readTenant(tenantId, (tx) =>
        tx.select({ id: connections.id }).from(connections).where(own),
      )
    ).length > 0
  );
}

function parseEvent(webhook: WebhookDefinition, { body }: Delivery): DeliveredEvent {
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
function refuseDelivery({ provider }: WebhookAddress, reason: string | null): Problem {
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
