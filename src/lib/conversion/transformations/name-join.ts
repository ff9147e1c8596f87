import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { isBlank } from './kit/text.ts';
import { reject, type Json } from './kit/value.ts';

const notNames = reject('is not a first and a last name');
const holdsComma = reject('holds a comma, which would stand between the names');
const unreadable = reject('is no name with a comma in it');

export const nameJoin = defineTransformation({
  name: 'name-join',
  help: "Writes a person's first and last name as one.",
  from: 'list',
  to: 'text',
  args: z.strictObject({
    order: z.enum(['first-last', 'last-first']).default('first-last').meta({
      title: 'Order',
      description: '"Ana Lima" or "Lima, Ana"; only the second can be taken apart again.',
    }),
  }),
  limits: 'The sources are the first name and the last name, in this order.',
  apply: ({ order }) => (order === 'first-last' ? joinPlain : joinByComma),
  invert: ({ order }) =>
    order === 'first-last'
      ? 'Nobody can tell where "Ana Maria Lima" is to be split. Choose the order "last-first".'
      : (value) => {
          if (typeof value !== 'string') return unreadable;
          const [last, first, ...more] = value.split(', ', 3);
          return first === undefined || more.length > 0
            ? unreadable
            : [first || null, last || null];
        },
  examples: [
    { given: ['Ana', 'Lima'], gives: 'Ana Lima' },
    { given: [null, 'Lima'], gives: 'Lima' },
    { given: [null, ''], gives: null },
    { args: { order: 'last-first' }, given: ['Ana', 'Lima'], gives: 'Lima, Ana' },
    { args: { order: 'last-first' }, given: ['Ana', null], gives: ', Ana' },
  ],
});

/** The two names; undefined when the list holds something else. */
function readNames(list: readonly Json[]): [first: string, last: string] | undefined {
  const [first = null, last = null] = list;
  const isName = (value: Json) =>
    value === null || (typeof value === 'string' && value.length <= limits.word);
  if (list.length !== 2 || !isName(first) || !isName(last)) return undefined;
  return [String(first ?? ''), String(last ?? '')];
}

function joinPlain(list: Json[]) {
  const names = readNames(list);
  if (names === undefined) return notNames;
  return names.filter((name) => !isBlank(name)).join(' ') || null;
}

function joinByComma(list: Json[]) {
  const names = readNames(list);
  if (names === undefined) return notNames;
  const [first, last] = names;
  if (first === '' && last === '') return null;
  return first.includes(',') || last.includes(',') ? holdsComma : `${last}, ${first}`;
}
