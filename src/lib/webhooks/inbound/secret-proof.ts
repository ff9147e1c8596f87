import type { Delivery, SecretProof } from '../../connectors/contract/events.ts';
import { openConnection } from '../../connections/connections.ts';
import { Problem } from '../../platform/errors.ts';
import { getOwn } from '../../platform/own.ts';
import { findAddressee, type WebhookAddress } from './addressee.ts';

/** Why a delivery is not authentic that a secret of its connection proves; null when it is. */
export async function findSecretRefusal(
  to: WebhookAddress,
  proof: SecretProof,
  delivery: Delivery,
): Promise<string | null> {
  if ((await findAddressee(to)) === undefined) return 'Its address names no connection.';
  const secret = await readSecret(to, proof.secret);
  // An empty key would make a signature that everybody can compute.
  if (secret === undefined || secret === '') return 'Its connection has no secret for webhooks.';
  return proof.refusal(delivery, { secret, now: new Date() });
}

/**
 * A secret of the connection; undefined when it has none of that name, or cannot be used as it is:
 * before the proof, no answer tells more than that.
 */
export async function readSecret(
  { tenantId, connectionId }: WebhookAddress,
  name: string,
): Promise<string | undefined> {
  try {
    return getOwn((await openConnection(tenantId, connectionId)).secrets, name);
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
