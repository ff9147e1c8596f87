import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import type { CertificateProof, Delivery } from '../../connectors/contract/events.ts';
import { findAddressee, type WebhookAddress } from './addressee.ts';
import {
  admitCertificates,
  getCertificates,
  isKnownAddress,
  type CertificateFile,
  type CertificateSource,
} from './certificates.ts';
import { getTrustedCertificates } from './trust.ts';

/**
 * A cached certificate that is older than this is requested again when a signature does not match
 * it.
 */
const recheckMs = 60_000;

/**
 * Why a delivery is not authentic that names a certificate; null when it is. Throws Problem
 * `unavailable` when the certificate cannot be fetched right now.
 */
export async function findCertificateRefusal(
  to: WebhookAddress,
  proof: CertificateProof,
  delivery: Delivery,
): Promise<string | null> {
  const { hosts, documented, issuerHosts } = proof;
  const url = proof.url(delivery);
  if (url === undefined) return 'It names no certificate.';
  const source = { url, hosts, documented, issuerHosts };
  try {
    return await verifyDelivery(proof, delivery, source, await chooseBudget(to, source));
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
  return isKnownAddress(source) || (await findAddressee(to)) === undefined
    ? 'nobody'
    : to.connectionId;
}

async function verifyDelivery(
  proof: CertificateProof,
  delivery: Delivery,
  source: CertificateSource,
  budget: string,
): Promise<string | null> {
  const check = ({ certificates }: CertificateFile) =>
    proof.refusal(delivery, { certificates, trusted: getTrustedCertificates(), now: new Date() });
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
