import { z } from 'zod';
import { scalar } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { typeOf } from './kit/types.ts';

export const constant = defineTransformation({
  name: 'constant',
  help: 'Gives the same value, whatever arrives.',
  from: 'any',
  to: ({ value }) => typeOf(value),
  seesNull: true,
  args: z.strictObject({
    value: scalar.meta({ title: 'Value', description: 'What is given.' }),
  }),
  apply:
    ({ value }) =>
    () =>
      value,
  examples: [
    { args: { value: 'Tributary' }, given: null, gives: 'Tributary' },
    { args: { value: null }, given: 'secret', gives: null },
  ],
});
