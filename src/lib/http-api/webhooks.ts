import { z } from 'zod';

/** The answer of POST /api/webhooks/{provider}/{tenantId}/{connectionId}. */
export const deliveryResponse = z.object({
  received: z
    .enum(['new', 'known', 'old'])
    .describe('Whether it was taken in now, came before, or is too old to be of use.'),
});
