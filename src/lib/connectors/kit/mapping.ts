import type { FieldSchema } from '../../conversion/schema/shape.ts';
import type { StepData } from '../../conversion/transformations/kit/steps.ts';

/*
 * Entries of default mappings as most systems need them. A value that cannot be used is left out:
 * one bad field is no reason to lose a record. A field of several sources has the value of the
 * first that gives one.
 */

/** The steps of one line of text. */
export const oneLine: readonly StepData[] = [{ fn: 'text' }, { fn: 'trim', args: { way: 'line' } }];

/** An entry whose steps run on each source until one gives a value. */
export function firstOf(
  target: string,
  sources: string | readonly string[],
  steps: readonly StepData[],
): FieldSchema & { fallback: null } {
  const paths = typeof sources === 'string' ? [sources] : [...sources];
  return {
    target,
    sources: paths,
    steps: paths.length > 1 ? [{ fn: 'first-valid', args: { steps } }] : [...steps],
    fallback: null,
  };
}

/** One line of text. */
export const line = (target: string, sources: string | readonly string[]): FieldSchema =>
  firstOf(target, sources, oneLine);

/** An entry that is never empty. */
export function orElse(entry: FieldSchema, filler: string | number | boolean): FieldSchema {
  return {
    ...entry,
    steps: [...entry.steps, { fn: 'default', args: { value: filler } }],
    fallback: filler,
  };
}

/** One line of text that is never empty. */
export const lineOr = (
  target: string,
  sources: string | readonly string[],
  filler: string,
): FieldSchema => orElse(line(target, sources), filler);

/** The steps of HTML or plain text that becomes plain text. */
export const plainText: readonly StepData[] = [{ fn: 'html-text' }];

/** HTML or plain text as plain text. */
export const prose = (target: string, sources: string | readonly string[]): FieldSchema =>
  firstOf(target, sources, plainText);

/** A point in time; texts without a zone are in `timeZone` (IANA). */
export const instant = (
  target: string,
  sources: string | readonly string[],
  timeZone = 'UTC',
): FieldSchema => firstOf(target, sources, [{ fn: 'date-parse', args: { timeZone } }]);

/**
 * A point in time that counts only where the value at a path is one of some. That value is among
 * those that are tried as points in time, too, but it is none.
 */
export const instantIf = (
  target: string,
  { path, isOneOf }: { path: string; isOneOf: readonly (string | number | boolean)[] },
  sources: readonly string[],
): FieldSchema => ({
  target,
  sources: [path, ...sources],
  steps: [
    {
      fn: 'conditional',
      args: {
        path: '[0]',
        is: 'one-of',
        value: [...isOneOf],
        whenTrue: [{ fn: 'first-valid', args: { steps: [{ fn: 'date-parse' }] } }],
        whenFalse: [{ fn: 'constant', args: { value: null } }],
      },
    },
  ],
  fallback: null,
});

/** Texts one below the other: the value of each source, after steps of its own. */
export const stacked = (
  target: string,
  parts: readonly (readonly [source: string, steps: readonly StepData[]])[],
): FieldSchema & { fallback: null } => ({
  target,
  sources: parts.map(([source]) => source),
  steps: [
    { fn: 'by-position', args: { steps: parts.map(([, steps]) => steps) } },
    { fn: 'join', args: { separator: '\n' } },
  ],
  fallback: null,
});

/** The most that a record accepts as a number of people. */
const maxCount = 10_000_000;

/** A whole number of people or things. Fewer than none are not kept. */
export const count = (target: string, sources: string | readonly string[]): FieldSchema =>
  firstOf(target, sources, [
    { fn: 'number-parse' },
    { fn: 'round' },
    { fn: 'clamp', args: { max: maxCount } },
  ]);

/** A percentage; one that is out of range is moved to the nearer end of it. */
export const percentage = (target: string, sources: string | readonly string[]): FieldSchema =>
  orElse(
    firstOf(target, sources, [{ fn: 'number-parse' }, { fn: 'clamp', args: { min: 0, max: 100 } }]),
    0,
  );

/** The same value for every record. */
export const constant = (target: string, value: string | number | boolean | null): FieldSchema => ({
  target,
  sources: [],
  steps: [{ fn: 'constant', args: { value } }],
});

/** A fact as the connector has found it out, in its own type. */
export const fact = (
  target: string,
  name: string,
  steps: readonly StepData[] = [],
): FieldSchema => ({
  target,
  sources: [`@${name}`],
  steps: [...steps],
});
