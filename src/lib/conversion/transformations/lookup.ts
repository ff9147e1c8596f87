import { z } from 'zod';
import { scalar } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { reject, type Json } from './kit/value.ts';

const unlisted = reject('is not in the table');

export const lookup = defineTransformation({
  name: 'lookup',
  help: 'Replaces a value by what a table has for it, such as a code by its label.',
  from: 'any',
  to: 'any',
  args: z.strictObject({
    table: z
      .array(z.strictObject({ from: scalar, to: scalar }))
      .min(1)
      .max(limits.table)
      .meta({ title: 'Table', description: 'Each line: a value, and what replaces it.' }),
    ignoreCase: z
      .boolean()
      .default(false)
      .meta({ title: 'Ignore case', description: 'Whether capital and small letters are equal.' }),
    otherwise: z.enum(['keep', 'empty', 'reject']).default('keep').meta({
      title: 'What is not in the table',
      description: 'It is kept as it is, left empty, or rejected.',
    }),
  }),
  apply: ({ table, ignoreCase, otherwise }) => {
    const fold = ignoreCase ? foldCase : asIs;
    // Of two lines for one value the first counts.
    const entries = new Map(table.toReversed().map(({ from, to }) => [fold(from), to]));
    return (value) => {
      const found = entries.get(fold(value));
      if (found !== undefined) return found;
      if (otherwise === 'reject') return unlisted;
      return otherwise === 'keep' ? value : null;
    };
  },
  invert: ({ table, ignoreCase, otherwise }) => {
    if (ignoreCase) return 'A table that ignores case cannot tell which one it was.';
    if (otherwise !== 'reject')
      return 'Values that are not in the table get lost or mixed up. Reject them.';
    const back = new Map(table.map(({ from, to }) => [to, from]));
    const isOneToOne = back.size === table.length && !back.has(null);
    return isOneToOne
      ? (value) => back.get(value as Exclude<Json, object>) ?? unlisted
      : 'Two lines of the table give the same value, or one gives none.';
  },
  examples: [
    {
      args: {
        table: [
          { from: 1, to: 'Won' },
          { from: 2, to: 'Lost' },
        ],
      },
      given: 1,
      gives: 'Won',
    },
    { args: { table: [{ from: 'a', to: 'b' }] }, given: 'x', gives: 'x' },
    { args: { table: [{ from: 'a', to: 'b' }], ignoreCase: true }, given: 'A', gives: 'b' },
    { args: { table: [{ from: 'a', to: 'b' }], otherwise: 'empty' }, given: 'x', gives: null },
    {
      args: { table: [{ from: 'a', to: 'b' }], otherwise: 'reject' },
      given: '__proto__',
      rejects: 'is not in the table',
    },
  ],
});

const foldCase = (value: Json): Json => (typeof value === 'string' ? value.toLowerCase() : value);
const asIs = (value: Json): Json => value;
