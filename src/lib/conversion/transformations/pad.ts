import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';

export const pad = defineTransformation({
  name: 'pad',
  help: 'Fills a text up to a length.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    length: z.int().min(1).max(1_000).meta({
      title: 'Length',
      description: 'How many characters there are at least.',
    }),
    with: z.string().min(1).max(10).default(' ').meta({
      title: 'Filled with',
      description: 'What is repeated until the text is long enough.',
    }),
    side: z.enum(['start', 'end']).default('start').meta({
      title: 'Side',
      description: 'Whether it stands before or behind the text.',
    }),
  }),
  apply: ({ length, with: filler, side }) =>
    side === 'start'
      ? (text) => text.padStart(length, filler)
      : (text) => text.padEnd(length, filler),
  examples: [
    { args: { length: 5, with: '0' }, given: '42', gives: '00042' },
    { args: { length: 4, side: 'end', with: '.' }, given: 'ab', gives: 'ab..' },
    { args: { length: 2 }, given: 'long', gives: 'long' },
  ],
});
