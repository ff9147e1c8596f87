import { z } from 'zod';
import { limits } from './limits.ts';

/** One step as data: the name of a transformation and its arguments. */
const stepShape = z.strictObject({
  fn: z.string().max(60),
  args: z.record(z.string().max(60), z.unknown()).optional(),
});
export type StepData = z.output<typeof stepShape>;

/** Steps, as a mapping or an argument holds them. */
export const stepList = z.array(stepShape).max(limits.steps);
