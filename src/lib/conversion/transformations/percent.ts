import { z } from 'zod';
import { movePoint, writeOut } from './kit/decimal.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { reject } from './kit/value.ts';

const unreadable = reject('is not a percentage from 0 to 100');

export const percent = defineTransformation({
  name: 'percent',
  help: 'Reads a percentage from 0 to 100, which may be written with its sign or as a fraction.',
  from: 'any',
  to: 'number',
  args: z.strictObject({
    fractions: z.boolean().default(true).meta({
      title: 'Fractions',
      description: 'Whether a number between 0 and 1 without a sign is a fraction: 0.6 is 60 %.',
    }),
  }),
  apply: ({ fractions }) => {
    return (value) => {
      const text = typeof value === 'number' ? writeOut(value) : value;
      if (typeof text !== 'string' || text.length > limits.word) return unreadable;
      if (text.trim() === '') return null;
      const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
      if (match === null) return unreadable;
      const number = Number(match[1]);
      const isFraction = fractions && match[2] === '' && number > 0 && number < 1;
      const read = isFraction ? movePoint(number, 2) : number;
      return read <= 100 ? read : unreadable;
    };
  },
  examples: [
    { given: '60 %', gives: 60 },
    { given: 60, gives: 60 },
    { given: '0.29', gives: 29 },
    { given: '0.33333333', gives: 33.333333 },
    { given: '0.6 %', gives: 0.6 },
    { args: { fractions: false }, given: 0.6, gives: 0.6 },
    { given: '1', gives: 1 },
    { given: '', gives: null },
    { given: '101', rejects: 'is not a percentage from 0 to 100' },
    { given: 'high', rejects: 'is not a percentage from 0 to 100' },
  ],
});
