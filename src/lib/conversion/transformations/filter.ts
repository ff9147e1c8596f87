import { z } from 'zod';
import { compileCondition, conditionArguments } from './kit/condition.ts';
import { defineTransformation } from './kit/define.ts';

export const filter = defineTransformation({
  name: 'filter',
  help: 'Keeps the elements of a list for which a comparison holds.',
  from: 'list',
  to: 'list',
  args: z.strictObject(conditionArguments),
  apply: (condition) => {
    const test = compileCondition(condition);
    return (list) => list.filter((element) => test(element));
  },
  examples: [
    { args: { is: 'present' }, given: ['a', null, ''], gives: ['a'] },
    {
      args: { path: 'kind', is: 'equals', value: 'work' },
      given: [{ kind: 'home' }, { kind: 'work', n: 1 }],
      gives: [{ kind: 'work', n: 1 }],
    },
    { args: { is: 'one-of', value: [1, 3] }, given: [1, 2, '3'], gives: [1] },
  ],
});
