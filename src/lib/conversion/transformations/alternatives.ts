import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { stepList } from './kit/steps.ts';
import { isBlank } from './kit/text.ts';
import { Rejection, type Json } from './kit/value.ts';

export const alternatives = defineTransformation({
  name: 'alternatives',
  help: 'Tries several ways to read a value and takes the first result that is not blank.',
  from: 'any',
  to: 'any',
  seesNull: true,
  args: z.strictObject({
    ways: z.array(stepList).min(1).max(limits.steps).meta({
      title: 'Ways',
      description: 'The steps of each way, all of which begin with the same value.',
    }),
  }),
  limits: 'A way that rejects the value is passed over; if all give nothing, the last one counts.',
  apply: async ({ ways }, { compile }) => {
    const chains: ((value: Json) => Json | Rejection)[] = [];
    for (const steps of ways) chains.push((await compile(steps, 'any')).run);
    return (value) => {
      let result: Json | Rejection = null;
      for (const run of chains) {
        result = run(value);
        if (!(result instanceof Rejection) && !isBlank(result)) return result;
      }
      return result instanceof Rejection ? new Rejection(result.reason) : result;
    };
  },
  examples: [
    {
      args: {
        ways: [
          [{ fn: 'date-parse' }],
          [{ fn: 'date-parse', args: { format: 'dd/MM/yyyy HH:mm' } }],
        ],
      },
      given: '01/12/2026 09:30',
      gives: '2026-12-01T09:30:00.000Z',
    },
    {
      args: { ways: [[{ fn: 'number-parse' }], [{ fn: 'constant', args: { value: 1 } }]] },
      given: 'a few',
      gives: 1,
    },
    {
      args: { ways: [[{ fn: 'number-parse' }], [{ fn: 'date-parse' }]] },
      given: 'soon',
      rejects: 'is not a date from 1900 to 2200 in the expected form',
    },
  ],
});
