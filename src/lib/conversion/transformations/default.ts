import { z } from 'zod';
import { scalar } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { isBlank } from './kit/text.ts';
import { isAssignable, typeOf } from './kit/types.ts';

export const defaultValue = defineTransformation({
  name: 'default',
  help: 'Takes the place of a blank value.',
  from: 'any',
  to: ({ value }, from) => (isAssignable(typeOf(value), from) ? from : 'any'),
  seesNull: true,
  args: z.strictObject({
    value: scalar.meta({ title: 'Value', description: 'What stands where there is nothing.' }),
  }),
  apply:
    ({ value: filler }) =>
    (value) =>
      isBlank(value) ? filler : value,
  examples: [
    { args: { value: 'New Lead' }, given: null, gives: 'New Lead' },
    { args: { value: 1 }, given: '  ', gives: 1 },
    { args: { value: 1 }, given: 0, gives: 0 },
  ],
});
