import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { reject } from './kit/value.ts';

const word = z.string().max(limits.word);
const unknown = reject('is neither of the words that our side writes');

export const booleanFormat = defineTransformation({
  name: 'boolean-format',
  help: 'Writes yes and no as two words.',
  from: 'boolean',
  to: 'text',
  args: z
    .strictObject({
      yes: word.default('true').meta({ title: 'Word for yes', description: 'Written for yes.' }),
      no: word.default('false').meta({ title: 'Word for no', description: 'Written for no.' }),
    })
    .refine(({ yes, no }) => yes !== no, {
      path: ['no'],
      message: 'is the word for yes as well; choose another',
    }),
  apply:
    ({ yes, no }) =>
    (value) =>
      value ? yes : no,
  invert:
    ({ yes, no }) =>
    (value) => {
      if (value === yes) return true;
      return value === no ? false : unknown;
    },
  examples: [
    { given: true, gives: 'true' },
    { args: { yes: 'Y', no: 'N' }, given: false, gives: 'N' },
  ],
});
