import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { reject } from './kit/value.ts';

const words = z.array(z.string().max(limits.word)).max(limits.table);
const unknown = reject('means neither yes nor no');

const fold = (word: string): string => word.trim().toLowerCase();

export const boolean = defineTransformation({
  name: 'boolean',
  help: 'Reads yes or no from words, and from 1 and 0.',
  from: 'any',
  to: 'boolean',
  args: z.strictObject({
    yes: words.default(['true', 'yes', 'y', '1', 'on']).meta({
      title: 'Words for yes',
      description: 'Case does not matter.',
    }),
    no: words.default(['false', 'no', 'n', '0', 'off']).meta({
      title: 'Words for no',
      description: 'Case does not matter.',
    }),
  }),
  apply: ({ yes, no }) => {
    const meanings = new Map([
      ...no.map((word) => [fold(word), false] as const),
      ...yes.map((word) => [fold(word), true] as const),
    ]);
    return (value) => {
      if (typeof value === 'boolean') return value;
      if (typeof value === 'object') return unknown;
      const word = String(value);
      if (word.length > limits.word) return unknown;
      return word.trim() === '' ? null : (meanings.get(fold(word)) ?? unknown);
    };
  },
  examples: [
    { given: 'Yes', gives: true },
    { given: 0, gives: false },
    { args: { yes: ['ja'], no: ['nein'] }, given: ' JA ', gives: true },
    { given: ' ', gives: null },
    { given: 'perhaps', rejects: 'means neither yes nor no' },
  ],
});
