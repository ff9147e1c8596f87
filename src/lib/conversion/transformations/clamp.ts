import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';

const bound = z.number().optional();

export const clamp = defineTransformation({
  name: 'clamp',
  help: 'Moves a number that is out of a range to the nearer end of it.',
  from: 'number',
  to: 'number',
  args: z
    .strictObject({
      min: bound.meta({ title: 'At least', description: 'The lowest number; none when empty.' }),
      max: bound.meta({ title: 'At most', description: 'The highest number; none when empty.' }),
    })
    .refine(({ min = -Infinity, max = Infinity }) => min <= max, {
      path: ['max'],
      message: 'is below the lowest number; exchange the two',
    }),
  apply:
    ({ min = -Infinity, max = Infinity }) =>
    (number) =>
      Math.min(Math.max(number, min), max),
  examples: [
    { args: { min: 0, max: 100 }, given: 120, gives: 100 },
    { args: { min: 0 }, given: -3, gives: 0 },
    { args: { min: 0, max: 100 }, given: 55.5, gives: 55.5 },
  ],
});
