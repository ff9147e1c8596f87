import { noArguments } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import type { Json } from './kit/value.ts';

/** A list or object by its JSON, behind a sign that text hardly begins with. */
const keyOf = (value: Json): Json =>
  typeof value === 'object' && value !== null ? `\u0000${JSON.stringify(value)}` : value;

export const unique = defineTransformation({
  name: 'unique',
  help: 'Leaves out elements of a list that occurred before.',
  from: 'list',
  to: 'list',
  args: noArguments,
  limits: 'Objects are equal when their JSON is, with its names in the same order.',
  apply: () => (list) => {
    const seen = new Set<Json>();
    return list.filter((value) => {
      const key = keyOf(value);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  },
  examples: [
    { given: ['b', 'a', 'b', 1, '1'], gives: ['b', 'a', 1, '1'] },
    { given: [{ a: 1 }, { a: 1 }], gives: [{ a: 1 }] },
  ],
});
