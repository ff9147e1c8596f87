import { z } from 'zod';
import { movePoint, roundTo } from './kit/decimal.ts';
import { defineTransformation } from './kit/define.ts';

export const round = defineTransformation({
  name: 'round',
  help: 'Rounds a number to some decimals.',
  from: 'number',
  to: 'number',
  args: z.strictObject({
    decimals: z.int().min(0).max(15).default(0).meta({
      title: 'Decimals',
      description: 'How many decimals stay.',
    }),
    way: z.enum(['nearest', 'down', 'up']).default('nearest').meta({
      title: 'Direction',
      description: '"nearest" rounds halves away from zero, "down" towards lower numbers.',
    }),
  }),
  apply: ({ decimals, way }) => {
    if (way === 'nearest') return (number) => roundTo(number, decimals);
    const take = way === 'down' ? Math.floor : Math.ceil;
    return (number) => movePoint(take(movePoint(number, decimals)), -decimals);
  },
  examples: [
    { given: 2.5, gives: 3 },
    { given: -2.5, gives: -3 },
    { args: { decimals: 2 }, given: 1.005, gives: 1.01 },
    { args: { decimals: 1, way: 'down' }, given: -0.11, gives: -0.2 },
  ],
});
