import { z } from 'zod';

/** The response of POST /api/webhooks/{provider}/{tenantId}/{connectionId}. */
export const deliveryResponse = z.object({
  received: z
    .enum(['new', 'known', 'old'])
    .describe('new: accepted. known: received before. old: too old to be used.'),
});
