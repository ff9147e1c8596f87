import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { compilePath, pathText } from './kit/path.ts';
import type { Json, Rejection } from './kit/value.ts';

export const path = defineTransformation({
  name: 'path',
  help: 'Takes a part of an object or list by its path; empty where there is none.',
  from: 'any',
  to: ({ path: at }) => (at.includes('[*]') ? 'list' : 'any'),
  args: z.strictObject({
    path: pathText.meta({
      title: 'Path',
      description: 'Such as customer.emails[0], items[*].name or ["name with.dots"].',
    }),
  }),
  limits: 'It reads what an object itself holds, never what it inherits.',
  apply: ({ path: at }) => {
    const read = compilePath(at);
    return (value) => (read(value) ?? null) as Json | Rejection;
  },
  examples: [
    { args: { path: 'a.b[1]' }, given: { a: { b: [1, 2] } }, gives: 2 },
    { args: { path: '[*].n' }, given: [{ n: 1 }, {}, { n: 3 }], gives: [1, 3] },
    { args: { path: '["a.b"]' }, given: { 'a.b': 1 }, gives: 1 },
    { args: { path: 'toString' }, given: {}, gives: null },
  ],
});
