import { noArguments } from './kit/arguments.ts';
import { writeOut } from './kit/decimal.ts';
import { defineTransformation } from './kit/define.ts';
import { reject } from './kit/value.ts';

const nested = reject('is a list or an object, not one value');

export const text = defineTransformation({
  name: 'text',
  help: 'Writes a number, or yes and no, as text; text stays as it is.',
  from: 'any',
  to: 'text',
  args: noArguments,
  apply: () => (value) => {
    if (typeof value === 'number') return writeOut(value);
    return typeof value === 'object' ? nested : String(value);
  },
  examples: [
    { given: 1234, gives: '1234' },
    { given: 1e21, gives: '1000000000000000000000' },
    { given: true, gives: 'true' },
    { given: [1], rejects: 'is a list or an object, not one value' },
  ],
});
