import { noArguments } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { isBlank } from './kit/text.ts';

export const coalesce = defineTransformation({
  name: 'coalesce',
  help: 'Takes the first value of a list that is not blank.',
  from: 'list',
  to: 'any',
  args: noArguments,
  apply: () => (list) => list.find((value) => !isBlank(value)) ?? null,
  examples: [
    { given: [null, ' ', 'Contoso', 'contoso.com'], gives: 'Contoso' },
    { given: [false, true], gives: false },
    { given: [null, ''], gives: null },
  ],
});
