import { z } from 'zod';
import { line } from './text.ts';

/** One step of the source's sales cycle, in the order in which the source lists it. */
export const stageRecord = z.object({
  externalId: line(200),
  name: line(),
  active: z.boolean(),
  /** Order in the pipeline, from 0. */
  position: z.number().int().min(0).max(100_000),
  outcome: z.enum(['open', 'won', 'lost']),
  likelyPct: z.number().min(0).max(100),
});
export type StageRecord = z.output<typeof stageRecord>;
