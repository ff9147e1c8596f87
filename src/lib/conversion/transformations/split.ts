import { z } from 'zod';
import { shortText } from './kit/arguments.ts';
import { tooMany } from './kit/bounds.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { joinTexts } from './kit/text.ts';
import { reject } from './kit/value.ts';

const notParts = reject('is no list of texts');

export const split = defineTransformation({
  name: 'split',
  help: 'Makes a list of the parts of a text.',
  from: 'text',
  to: 'list',
  args: z.strictObject({
    separator: shortText
      .min(1)
      .default(',')
      .meta({ title: 'Separator', description: 'What stands between two parts.' }),
    trim: z.boolean().default(true).meta({
      title: 'Trimmed',
      description: 'Whether blanks around the parts and empty parts are left out.',
    }),
  }),
  apply:
    ({ separator, trim }) =>
    (text) => {
      const parts = text.split(separator, limits.list + 1);
      if (parts.length > limits.list) return tooMany;
      return trim ? parts.map((part) => part.trim()).filter((part) => part !== '') : parts;
    },
  invert: ({ separator, trim }) =>
    trim
      ? 'Trimmed parts cannot be put together as they were. Switch off "Trimmed".'
      : (value) =>
          Array.isArray(value) && value.every((part) => typeof part === 'string')
            ? joinTexts(value, separator)
            : notParts,
  examples: [
    { given: 'a, b,,c ', gives: ['a', 'b', 'c'] },
    { args: { separator: ';', trim: false }, given: 'a;;b ', gives: ['a', '', 'b '] },
  ],
});
