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
export function orElse(entry: FieldSchema, filler: string | number): FieldSchema {
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

/** HTML or plain text as plain text. */
export const prose = (target: string, sources: string | readonly string[]): FieldSchema =>
  firstOf(target, sources, [{ fn: 'html-text' }]);

/** A point in time; texts without a zone are in `timeZone` (IANA). */
export const instant = (
  target: string,
  sources: string | readonly string[],
  timeZone = 'UTC',
): FieldSchema => firstOf(target, sources, [{ fn: 'date-parse', args: { timeZone } }]);

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
