import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { cutText } from './kit/text.ts';

const place = z.int().min(-1_000_000).max(1_000_000);

export const slice = defineTransformation({
  name: 'slice',
  help: 'Takes a part of a text by its position.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    start: place.default(0).meta({
      title: 'From',
      description: 'The position of the first character, from 0; negative from the end.',
    }),
    end: place.optional().meta({
      title: 'Up to',
      description: 'The position behind the last character; to the end when empty.',
    }),
  }),
  limits: 'Positions count UTF-16 units; a character that does not fit whole is left out.',
  apply:
    ({ start, end }) =>
    (text) =>
      cutText(text, start, end),
  examples: [
    { args: { end: 3 }, given: 'Contoso', gives: 'Con' },
    { args: { start: -3 }, given: 'Contoso', gives: 'oso' },
    { args: { end: 2 }, given: 'a😀b', gives: 'a' },
  ],
});
