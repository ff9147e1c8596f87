import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { stepList } from './kit/steps.ts';
import { isBlank } from './kit/text.ts';
import { Rejection } from './kit/value.ts';

export const firstValid = defineTransformation({
  name: 'first-valid',
  help: 'Runs steps on the elements of a list and takes the first result that is not blank.',
  from: 'list',
  to: 'any',
  args: z.strictObject({
    steps: stepList.min(1).meta({ title: 'Steps', description: 'What is done to each element.' }),
  }),
  limits: 'Elements that are rejected are passed over; if no other is left, the first one counts.',
  apply: async ({ steps }, { compile }) => {
    const { run } = await compile(steps, 'any');
    return (list) => {
      let refused: Rejection | null = null;
      for (const element of list) {
        const result = run(element);
        if (!(result instanceof Rejection)) {
          if (!isBlank(result)) return result;
        } else refused ??= result;
      }
      return refused === null ? null : new Rejection(refused.reason);
    };
  },
  examples: [
    {
      args: { steps: [{ fn: 'date-parse' }] },
      given: [null, 'soon', '2026-10-01'],
      gives: '2026-10-01T00:00:00.000Z',
    },
    { args: { steps: [{ fn: 'trim' }] }, given: [' ', null], gives: null },
    {
      args: { steps: [{ fn: 'number-parse' }] },
      given: ['', 'many', 'few'],
      rejects: 'is not a number in the expected form',
    },
  ],
});
