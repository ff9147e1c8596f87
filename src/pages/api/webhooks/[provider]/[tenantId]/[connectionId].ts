import type { APIRoute } from 'astro';
import { deliveryResponse } from '#lib/http-api/webhooks.ts';
import { toJsonResponse } from '#lib/http-api/codec.ts';
import { getMaxDeliveryBytes, receiveDelivery } from '#lib/webhooks/inbound/receive.ts';
import { readBytes } from '../../../../../middleware/request.ts';
import { rejectOtherMethods } from '../../../../../middleware/methods.ts';

/** Authenticated by the signature of the body instead of a session. */
export const POST: APIRoute = async ({
  params: { provider = '', tenantId = '', connectionId = '' },
  request,
}) => {
  const body = await readBytes(request, getMaxDeliveryBytes(provider));
  const { pathname, search } = new URL(request.url);
  const delivery = {
    method: request.method,
    path: pathname + search,
    headers: Object.fromEntries(request.headers),
    body,
  };
  return toJsonResponse(deliveryResponse, {
    received: await receiveDelivery({ provider, tenantId, connectionId }, delivery),
  });
};
export const ALL = rejectOtherMethods('POST');
