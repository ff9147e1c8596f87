import { z } from 'zod';
import { shortText } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { isBlank, joinTexts, toText } from './kit/text.ts';
import { reject } from './kit/value.ts';

const nested = reject('holds a list or an object, which is not written as text');

export const join = defineTransformation({
  name: 'join',
  help: 'Writes the values of a list with a separator between them.',
  from: 'list',
  to: 'text',
  args: z.strictObject({
    separator: shortText
      .default(', ')
      .meta({ title: 'Separator', description: 'What stands between two values.' }),
    skipBlank: z.boolean().default(true).meta({
      title: 'Without blanks',
      description: 'Whether empty values are left out.',
    }),
  }),
  apply:
    ({ separator, skipBlank }) =>
    (list) => {
      const texts = (skipBlank ? list.filter((value) => !isBlank(value)) : list).map(toText);
      if (!texts.every((text) => text !== undefined)) return nested;
      return skipBlank && texts.length === 0 ? null : joinTexts(texts, separator);
    },
  examples: [
    { given: ['Ana', null, ' ', 'Lima'], gives: 'Ana, Lima' },
    { args: { separator: '\n', skipBlank: false }, given: ['a', null], gives: 'a\n' },
    { given: [null, ''], gives: null },
  ],
});
