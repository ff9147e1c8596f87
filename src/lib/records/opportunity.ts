import { z } from 'zod';
import { defineFields, recordSchema } from './fields.ts';
import { sharedFields } from './shared.ts';
import { amount, line, optionalLine } from './text.ts';

/** Where a deal or a stage of the pipeline stands. */
export const outcomes = ['open', 'won', 'lost'] as const;

/** A deal that may be won, as any provider tells it. */
export const opportunityFields = defineFields({
  ...sharedFields,
  name: { kind: 'text', label: 'Name', required: true, record: line() },
  company: { kind: 'text', label: 'Company', record: optionalLine() },
  source: { kind: 'text', label: 'Source', record: optionalLine() },
  stage: { kind: 'text', label: 'Stage', required: true, record: line() },
  outcome: {
    kind: 'text',
    label: 'Outcome',
    required: true,
    values: outcomes,
    record: z.enum(outcomes),
  },
  /** In the tenant's currency. */
  value: { kind: 'amount', label: 'Value', record: amount().nullable() },
  market: { kind: 'text', label: 'Market', record: optionalLine() },
  /** How many franchise units are on the table. */
  units: {
    kind: 'integer',
    label: 'Units',
    required: true,
    record: z.number().int().min(0).max(10_000),
  },
  /** The initial franchise fee of one unit, in the tenant's currency. */
  franchiseFee: { kind: 'amount', label: 'Franchise fee', record: amount().nullable() },
  /** Chance of closing in percent. */
  likelyPct: {
    kind: 'percent',
    label: 'Likelihood',
    required: true,
    record: z.number().min(0).max(100),
  },
});

export const opportunityRecord = recordSchema(opportunityFields);
export type OpportunityRecord = z.output<typeof opportunityRecord>;
