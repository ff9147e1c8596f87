import { noArguments } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { reject } from './kit/value.ts';

const notList = reject('is no list');

export const count = defineTransformation({
  name: 'count',
  help: 'Counts the elements of a list; nothing counts as 0.',
  from: 'any',
  to: 'number',
  seesNull: true,
  args: noArguments,
  apply: () => (value) => {
    if (value === null) return 0;
    return Array.isArray(value) ? value.length : notList;
  },
  examples: [
    { given: ['a', null], gives: 2 },
    { given: null, gives: 0 },
    { given: 'ab', rejects: 'is no list' },
  ],
});
