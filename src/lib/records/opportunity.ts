import { z } from 'zod';
import { defineFields, recordSchema } from './fields.ts';
import { sharedFields } from './shared.ts';
import { amount, instant, line, optionalLine, percent } from './text.ts';

/** Where a deal or a stage of the pipeline stands. */
export const outcomes = ['open', 'won', 'lost'] as const;

/** A deal that may be won: what any provider tells of it, and what was found out here. */
export const opportunityFields = defineFields({
  name: {
    kind: 'text',
    label: 'Name',
    required: true,
    record: line(),
    shownIn: 'list',
    export: { width: 28 },
  },
  company: {
    kind: 'text',
    label: 'Company',
    record: optionalLine(),
    shownIn: 'list',
    export: { width: 24 },
  },
  source: {
    kind: 'text',
    label: 'Source',
    record: optionalLine(),
    shownIn: 'list',
    export: { width: 20 },
  },
  stage: {
    kind: 'text',
    label: 'Stage',
    required: true,
    record: line(),
    shownIn: 'list',
    export: { width: 20 },
  },
  outcome: {
    kind: 'text',
    label: 'Outcome',
    required: true,
    values: outcomes,
    record: z.enum(outcomes),
    shownIn: 'list',
    export: { width: 10 },
  },
  /** In the tenant's currency. */
  value: {
    kind: 'amount',
    label: 'Value',
    record: amount().nullable(),
    shownIn: 'list',
    export: { width: 14 },
  },
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
    record: percent(),
  },
  /** When the opportunity came into its stage, as well as the source lets us know. */
  stageEnteredAt: {
    kind: 'instant',
    label: 'In this stage since',
    required: true,
    as: 'enteredStageAt',
    shownIn: 'list',
    export: { width: 18 },
  },
  ...sharedFields,
  /** Neither listed nor exported. */
  sourceUpdatedAt: {
    kind: 'instant',
    label: 'Updated',
    record: instant().nullable(),
    shared: true,
  },
});

export const opportunityRecord = recordSchema(opportunityFields);
export type OpportunityRecord = z.output<typeof opportunityRecord>;
