import { z } from 'zod';
import { scalar } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';

export const bands = defineTransformation({
  name: 'bands',
  help: 'Replaces a number by the label of the band that it lies in, such as a score by its heat.',
  from: 'number',
  to: 'any',
  args: z.strictObject({
    bands: z
      .array(z.strictObject({ from: z.number(), to: scalar }))
      .min(1)
      .max(limits.table)
      .meta({ title: 'Bands', description: 'Each line: the lowest number, and what replaces it.' }),
    below: scalar
      .default(null)
      .meta({ title: 'Below all', description: 'What replaces numbers below the lowest band.' }),
  }),
  apply: ({ bands: lines, below }) => {
    const highestFirst = lines.toSorted((one, other) => other.from - one.from);
    return (number) => {
      const band = highestFirst.find(({ from }) => number >= from);
      return band === undefined ? below : band.to;
    };
  },
  examples: [
    {
      args: {
        bands: [
          { from: 40, to: 'Warm' },
          { from: 70, to: 'Hot' },
        ],
        below: 'Cold',
      },
      given: 70,
      gives: 'Hot',
    },
    { args: { bands: [{ from: 40, to: 'Warm' }] }, given: 39.9, gives: null },
  ],
});
