import { z } from 'zod';
import { compileCondition, conditionArguments } from './kit/condition.ts';
import { defineTransformation } from './kit/define.ts';
import { stepList } from './kit/steps.ts';

export const conditional = defineTransformation({
  name: 'conditional',
  help: 'Takes one way or another, depending on a comparison.',
  from: 'any',
  to: 'any',
  seesNull: true,
  args: z.strictObject({
    ...conditionArguments,
    whenTrue: stepList.default([]).meta({
      title: 'If so',
      description: 'The steps when the comparison holds; none keep the value.',
    }),
    whenFalse: stepList.default([]).meta({
      title: 'If not',
      description: 'The steps when it does not hold; none keep the value.',
    }),
  }),
  apply: async ({ whenTrue, whenFalse, ...condition }, { compile }) => {
    const test = compileCondition(condition);
    const yes = await compile(whenTrue, 'any');
    const no = await compile(whenFalse, 'any');
    return (value) => (test(value) ? yes.run(value) : no.run(value));
  },
  examples: [
    {
      args: { is: 'at-least', value: 3, whenTrue: [{ fn: 'constant', args: { value: 'many' } }] },
      given: 4,
      gives: 'many',
    },
    {
      args: {
        path: '[0]',
        is: 'blank',
        whenTrue: [{ fn: 'path', args: { path: '[1]' } }],
        whenFalse: [{ fn: 'path', args: { path: '[0]' } }],
      },
      given: [null, 'Unnamed'],
      gives: 'Unnamed',
    },
    { args: { is: 'equals', value: 'x' }, given: null, gives: null },
  ],
});
