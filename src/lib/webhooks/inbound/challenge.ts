import type {
  Delivery,
  DeliveryAnswer,
  WebhookDefinition,
} from '../../connectors/contract/events.ts';
import type { WebhookAddress } from './addressee.ts';
import { readSecret } from './secret-proof.ts';

/** The longest text that is sent back. */
const maxEchoLength = 2_000;

/**
 * The answer to a question that comes before any proof; null when a delivery asks none. It goes back
 * as plain text, which no browser takes for a page, and tells nothing about the address.
 */
export function answerEcho(
  { challenge }: WebhookDefinition,
  { url }: Delivery,
): DeliveryAnswer | null {
  if (challenge?.kind !== 'echo') return null;
  const text = new URL(url).searchParams.get(challenge.parameter);
  return text === null || text.length > maxEchoLength
    ? null
    : { contentType: 'text/plain; charset=utf-8', body: text };
}

/** The answer to a question among authentic deliveries; null when this one asks none. */
export async function answerHash(
  to: WebhookAddress,
  { challenge, proof }: WebhookDefinition,
  { body }: Delivery,
): Promise<DeliveryAnswer | null> {
  if (challenge?.kind !== 'hash' || proof.kind !== 'secret') return null;
  const secret = (await readSecret(to, proof.secret)) ?? '';
  const answer = challenge.answer(Buffer.from(body).toString('utf8'), secret);
  return answer && { contentType: 'application/json', body: JSON.stringify(answer) };
}
