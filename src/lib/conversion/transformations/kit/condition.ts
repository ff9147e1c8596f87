import { z } from 'zod';
import { scalar } from './arguments.ts';
import { limits } from './limits.ts';
import { compilePath, pathText } from './path.ts';
import { isBlank, toText } from './text.ts';
import type { Json } from './value.ts';

/*
 * What a value can be asked: one comparison. Conditions are combined by steps inside steps, not by
 * a language of their own.
 */

const comparisons = [
  'equals',
  'differs',
  'contains',
  'begins',
  'ends',
  'above',
  'at-least',
  'below',
  'at-most',
  'one-of',
  'blank',
  'present',
] as const;

export const conditionArguments = {
  path: pathText.optional().meta({
    title: 'Part',
    description: 'What of the value is compared, as a path; all of it when empty.',
  }),
  is: z.enum(comparisons).meta({ title: 'Comparison', description: 'How it is compared.' }),
  value: z
    .union([scalar, z.array(scalar).max(limits.table)])
    .optional()
    .meta({
      title: 'Compared with',
      description: 'A value; a list of values for "one-of"; nothing for "blank" and "present".',
    }),
};

interface Condition {
  path?: string | undefined;
  is: (typeof comparisons)[number];
  value?: Json | undefined;
}

/** The test that a condition makes of a value. It never throws, and null can be tested as well. */
export function compileCondition({ path, is, value = null }: Condition): (value: Json) => boolean {
  const test = compileTest(is, value);
  if (path === undefined) return test;
  const read = compilePath(path);
  return (tested) => test((read(tested) ?? null) as Json);
}

function compileTest(is: Condition['is'], value: Json): (tested: Json) => boolean {
  const words = toText(value) ?? '';
  switch (is) {
    case 'equals':
      return (tested) => tested === value;
    case 'differs':
      return (tested) => tested !== value;
    case 'one-of': {
      const all = new Set(Array.isArray(value) ? value : [value]);
      return (tested) => all.has(tested);
    }
    case 'blank':
      return isBlank;
    case 'present':
      return (tested) => !isBlank(tested);
    case 'contains':
      return (tested) =>
        Array.isArray(tested) ? tested.includes(value) : (toText(tested)?.includes(words) ?? false);
    case 'begins':
      return (tested) => toText(tested)?.startsWith(words) ?? false;
    case 'ends':
      return (tested) => toText(tested)?.endsWith(words) ?? false;
    default:
      return compileOrder(is, value);
  }
}

/** Numbers are compared with numbers and text with text; anything else is in no order. */
function compileOrder(
  is: 'above' | 'at-least' | 'below' | 'at-most',
  value: Json,
): (tested: Json) => boolean {
  const holds = {
    above: (order: number) => order > 0,
    'at-least': (order: number) => order >= 0,
    below: (order: number) => order < 0,
    'at-most': (order: number) => order <= 0,
  }[is];
  return (tested) => {
    const order = compare(tested, value);
    return order !== undefined && holds(order);
  };
}

function compare(one: Json, other: Json): number | undefined {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  if (typeof one !== 'string' || typeof other !== 'string') return undefined;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
