import type { APIRoute } from 'astro';
import { deliveryResponse } from '#lib/http-api/webhooks.ts';
import { toJsonResponse } from '#lib/http-api/codec.ts';
import { receiveDelivery } from '#lib/webhooks/inbound/receive.ts';
import { readDelivery } from '../../../../../middleware/delivery.ts';
import { rejectOtherMethods } from '../../../../../middleware/methods.ts';

/** Authenticated by the signature of the body, or the token in its address, instead of a session. */
export const POST: APIRoute = async ({
  params: { provider = '', tenantId = '', connectionId = '' },
  request,
}) => {
  const delivery = await readDelivery(request, provider);
  const receipt = await receiveDelivery({ provider, tenantId, connectionId }, delivery);
  return 'received' in receipt
    ? toJsonResponse(deliveryResponse, receipt)
    : new Response(receipt.body, { headers: { 'content-type': receipt.contentType } });
};
export const ALL = rejectOtherMethods('POST');
