import { getMaxDeliveryBytes, type ReceivedRequest } from '#lib/webhooks/inbound/receive.ts';
import { readBytes } from './request.ts';

/**
 * Reads a request as a delivery of a provider, byte by byte. Throws Problem `too_large` as soon as
 * the body exceeds what that provider sends at most.
 */
export async function readDelivery(request: Request, provider: string): Promise<ReceivedRequest> {
  const body = await readBytes(request, getMaxDeliveryBytes(provider));
  const { pathname, search } = new URL(request.url);
  return {
    method: request.method,
    path: pathname + search,
    headers: Object.fromEntries(request.headers),
    body,
  };
}
