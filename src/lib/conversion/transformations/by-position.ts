import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { stepList } from './kit/steps.ts';
import { Rejection, type Json } from './kit/value.ts';

export const byPosition = defineTransformation({
  name: 'by-position',
  help: 'Runs steps of its own on each element of a list.',
  from: 'list',
  to: 'list',
  args: z.strictObject({
    steps: z.array(stepList).min(1).max(limits.steps).meta({
      title: 'Steps by position',
      description: 'The steps of the first element, those of the second, and so on.',
    }),
  }),
  limits: 'An element that is rejected becomes empty; one without steps stays as it is.',
  apply: async ({ steps }, { compile }) => {
    const chains: ((value: Json) => Json | Rejection)[] = [];
    for (const own of steps) chains.push((await compile(own, 'any')).run);
    return (list) =>
      list.map((element, at) => {
        const run = chains[at];
        if (run === undefined) return element;
        const result = run(element);
        return result instanceof Rejection ? null : result;
      });
  },
  examples: [
    {
      args: { steps: [[{ fn: 'trim' }], [{ fn: 'affix', args: { before: 'Attached: ' } }]] },
      given: [' Offer ', 'offer.pdf', ' c'],
      gives: ['Offer', 'Attached: offer.pdf', ' c'],
    },
    { args: { steps: [[{ fn: 'trim' }]] }, given: [7, 8], gives: [null, 8] },
    { args: { steps: [[{ fn: 'trim' }], [{ fn: 'trim' }]] }, given: [' '], gives: [null] },
  ],
});
