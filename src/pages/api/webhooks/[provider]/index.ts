import type { APIRoute } from 'astro';
import { appDeliveryResponse } from '#lib/http-api/webhooks.ts';
import { toJsonResponse } from '#lib/http-api/codec.ts';
import { receiveAppDelivery } from '#lib/webhooks/inbound/receive-for-app.ts';
import { rejectOtherMethods } from '../../../../middleware/methods.ts';
import { readDelivery } from '../../../../middleware/delivery.ts';

/** Authenticated by the signature of the body, made with the secret of the deployment's app. */
export const POST: APIRoute = async ({ params: { provider = '' }, request }) => {
  await receiveAppDelivery(provider, await readDelivery(request, provider));
  return toJsonResponse(appDeliveryResponse, { received: 'accepted' });
};
export const ALL = rejectOtherMethods('POST');
