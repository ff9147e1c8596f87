import { z } from 'zod';
import { movePoint } from './kit/decimal.ts';
import { defineTransformation } from './kit/define.ts';
import { reject } from './kit/value.ts';

const notNumber = reject('is not a number');

/** Binary numbers carry 15 decimal digits; those behind them are errors of the multiplication. */
const DIGITS = 15;

/** Whether multiplying only moves the decimal point, which can be undone exactly. */
const movesPoint = (factor: number): boolean => Number.isInteger(Math.log10(factor));

export const scale = defineTransformation({
  name: 'scale',
  help: 'Multiplies a number, such as a fraction by 100 to make it a percentage.',
  from: 'number',
  to: 'number',
  args: z.strictObject({
    factor: z
      .number()
      .refine((factor) => factor !== 0, 'is 0, which leaves nothing')
      .meta({
        title: 'Factor',
        description: 'What the number is multiplied by; 0.01 divides by 100.',
      }),
  }),
  limits: 'Exact to 15 significant digits.',
  apply: ({ factor }) => {
    if (!movesPoint(factor)) return (number) => Number((number * factor).toPrecision(DIGITS));
    const places = Math.log10(factor);
    return (number) => movePoint(number, places);
  },
  invert: ({ factor }) => {
    if (!movesPoint(factor))
      return 'Only factors such as 100 or 0.01 can be undone without an error of rounding.';
    const places = -Math.log10(factor);
    return (value) => (typeof value === 'number' ? movePoint(value, places) : notNumber);
  },
  examples: [
    { args: { factor: 100 }, given: 0.29, gives: 29 },
    { args: { factor: 0.01 }, given: 29, gives: 0.29 },
    { args: { factor: 1.1 }, given: 3, gives: 3.3 },
    { args: { factor: 1e300 }, given: 1e300, rejects: 'is not a finite number' },
  ],
});
