import { createHash, timingSafeEqual } from 'node:crypto';
import type { Delivery, TokenProof } from '../../connectors/contract/events.ts';
import { readWebhookToken } from '../../connections/webhook-token.ts';
import { findAddressee, type WebhookAddress } from './addressee.ts';

/** Why a delivery is not authentic that carries a token of its connection; null when it is. */
export async function findTokenRefusal(
  to: WebhookAddress,
  proof: TokenProof,
  delivery: Delivery,
): Promise<string | null> {
  const given = readGiven(proof, delivery);
  if (given === undefined) return 'It has no token.';
  if ((await findAddressee(to)) === undefined) return 'Its address names no connection.';
  const token = await readWebhookToken(to.tenantId, to.connectionId);
  if (token === undefined) return 'Its connection has no token for webhooks.';
  const expected = proof.place === 'basic' ? `${proof.name}:${token}` : token;
  return isSame(given, expected) ? null : 'Its token is another one.';
}

/** What a delivery has in the place of the token; for HTTP basic with the name of the user. */
function readGiven({ place, name }: TokenProof, { url, headers }: Delivery): string | undefined {
  switch (place) {
    case 'query': {
      const [given, ...others] = new URL(url).searchParams.getAll(name);
      return others.length === 0 ? given : undefined;
    }
    case 'header':
      return headers[name];
    case 'basic': {
      const encoded = /^Basic ([\w+/]+={0,2})$/i.exec(headers['authorization'] ?? '')?.[1];
      return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
    }
  }
}

/** Compares digests, which have one length, so that the time tells nothing of the token. */
const isSame = (given: string, expected: string): boolean =>
  timingSafeEqual(digest(given), digest(expected));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
