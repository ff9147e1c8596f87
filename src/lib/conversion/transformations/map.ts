import { z } from 'zod';
import { startWeighing } from './kit/bounds.ts';
import { defineTransformation } from './kit/define.ts';
import { stepList } from './kit/steps.ts';
import { Rejection, reject, type Json } from './kit/value.ts';

export const map = defineTransformation({
  name: 'map',
  help: 'Runs steps on every element of a list.',
  from: 'list',
  to: 'list',
  args: z.strictObject({
    steps: stepList.min(1).meta({ title: 'Steps', description: 'What is done to each element.' }),
  }),
  limits: 'The first element that is rejected rejects the list.',
  apply: async ({ steps }, { compile }) => {
    const { run } = await compile(steps, 'any');
    return (list) => {
      const results: Json[] = [];
      const findExcess = startWeighing();
      for (const [at, element] of list.entries()) {
        const result = run(element);
        const refused = result instanceof Rejection ? result : findExcess(result);
        if (refused !== null) return reject(`holds an element ${at + 1} that ${refused.reason}`);
        results.push(result as Json);
      }
      return results;
    };
  },
  examples: [
    {
      args: { steps: [{ fn: 'trim' }, { fn: 'case', args: { to: 'upper' } }] },
      given: [' a', null, 'b'],
      gives: ['A', null, 'B'],
    },
    {
      args: { steps: [{ fn: 'number-parse' }] },
      given: ['1', 'x'],
      rejects: 'holds an element 2 that is not a number in the expected form',
    },
  ],
});
