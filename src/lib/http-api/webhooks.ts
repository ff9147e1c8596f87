import { z } from 'zod';

/** The response of POST /api/webhooks/{provider}/{tenantId}/{connectionId}. */
export const deliveryResponse = z.object({
  received: z
    .enum(['new', 'known', 'old', 'ignored'])
    .describe(
      'new: at least one event was accepted; of the others, known: received before. old: too old ' +
        'to be used. ignored: for another account.',
    ),
});

/** The response of POST /api/webhooks/{provider}: the same whatever the events were about. */
export const appDeliveryResponse = z.object({ received: z.literal('accepted') });
