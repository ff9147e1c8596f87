import { z } from 'zod';
import { defineFields, recordSchema } from './fields.ts';
import { outcomes } from './opportunity.ts';
import { sourceId } from './shared.ts';
import { line, percent } from './text.ts';

/** One step of the source's sales cycle, in the order in which the source lists it. */
export const stageFields = defineFields({
  ...sourceId,
  name: { kind: 'text', label: 'Name', required: true, record: line() },
  active: { kind: 'flag', label: 'Active', required: true, record: z.boolean() },
  /** Order in the pipeline, from 0. */
  position: {
    kind: 'integer',
    label: 'Position',
    required: true,
    record: z.number().int().min(0).max(100_000),
  },
  outcome: {
    kind: 'text',
    label: 'Outcome',
    required: true,
    values: outcomes,
    record: z.enum(outcomes),
  },
  likelyPct: {
    kind: 'percent',
    label: 'Likelihood',
    required: true,
    record: percent(),
  },
});

export const stageRecord = recordSchema(stageFields);
export type StageRecord = z.output<typeof stageRecord>;
