import { noArguments } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';

export const last = defineTransformation({
  name: 'last',
  help: 'Takes the last element of a list.',
  from: 'list',
  to: 'any',
  args: noArguments,
  apply: () => (list) => list.at(-1) ?? null,
  examples: [
    { given: ['a', 'b'], gives: 'b' },
    { given: [], gives: null },
  ],
});
