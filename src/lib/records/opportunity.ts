import { z } from 'zod';
import { amount, instant, line, optionalLine } from './text.ts';

/** A deal that may be won, as any provider tells it. */
export const opportunityRecord = z.object({
  externalId: line(200),
  sourceCreatedAt: instant().nullable(),
  sourceUpdatedAt: instant().nullable(),
  name: line(),
  company: optionalLine(),
  source: optionalLine(),
  stage: line(),
  outcome: z.enum(['open', 'won', 'lost']),
  /** In the tenant's currency. */
  value: amount().nullable(),
  market: optionalLine(),
  /** How many franchise units are on the table. */
  units: z.number().int().min(0).max(10_000),
  /** The initial franchise fee of one unit, in the tenant's currency. */
  franchiseFee: amount().nullable(),
  /** Chance of closing in percent. */
  likelyPct: z.number().min(0).max(100),
});
export type OpportunityRecord = z.output<typeof opportunityRecord>;
