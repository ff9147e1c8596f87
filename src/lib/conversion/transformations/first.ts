import { noArguments } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';

export const first = defineTransformation({
  name: 'first',
  help: 'Takes the first element of a list.',
  from: 'list',
  to: 'any',
  args: noArguments,
  apply: () => (list) => list[0] ?? null,
  examples: [
    { given: ['a', 'b'], gives: 'a' },
    { given: [], gives: null },
  ],
});
