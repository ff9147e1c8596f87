import type { FieldSchema } from '../../../conversion/schema/shape.ts';
import type { StepData } from '../../../conversion/transformations/kit/steps.ts';
import { firstOf } from '../../kit/mapping.ts';
import { customField } from '../custom-field.ts';
import { PLACEHOLDER_PERSON, PLACEHOLDERS } from '../values.ts';

/*
 * What the default mappings of all lists share. ClientTether writes numbers as text or as numbers,
 * `false` for what is absent, and placeholders such as "Select" for what nobody chose.
 */

type Scalar = string | number | boolean | null;

const replace = (
  from: readonly Scalar[],
  to: Scalar,
  args: { ignoreCase?: boolean } = {},
): StepData => ({
  fn: 'lookup',
  args: { table: from.map((value) => ({ from: value, to })), ...args },
});

/** The same value, whatever arrives. */
export const give = (value: Scalar): StepData => ({ fn: 'constant', args: { value } });

/** Yes if a comparison holds, otherwise no. */
export const test = (is: 'equals' | 'at-least', value: Scalar): StepData => ({
  fn: 'conditional',
  args: { is, value, whenTrue: [give(true)], whenFalse: [give(false)] },
});

/** What the steps make of each value of a list; nothing of a value that they reject. */
export const mapEach = (steps: readonly StepData[]): StepData => ({
  fn: 'map',
  args: { steps: [{ fn: 'alternatives', args: { ways: [steps, [give(null)]] } }] },
});

/** Text as written; nothing for yes and no, because `false` stands for what is absent. */
export const written: readonly StepData[] = [replace([false, true], null), { fn: 'text' }];

/** One line of text without placeholders. */
export const choice: readonly StepData[] = [
  ...written,
  { fn: 'trim', args: { way: 'line' } },
  replace(PLACEHOLDERS, null, { ignoreCase: true }),
];

/** A choice whose spellings in small letters and with capitals are one. */
export const label: readonly StepData[] = [...choice, { fn: 'label' }];

/** The name of one person, unless it is a placeholder. */
export const personName: readonly StepData[] = [
  ...choice,
  { fn: 'regex-replace', args: { pattern: `${PLACEHOLDER_PERSON}.*`, ignoreCase: true } },
  { fn: 'trim' },
];

/** HTML or plain text as plain text. */
export const plainText: readonly StepData[] = [...written, { fn: 'html-text' }];

/** The label of a lead source: the alias from the settings if there is one, otherwise its own. */
export function sourceLabel(
  path: string,
  { sourceAliases }: { sourceAliases: Readonly<Record<string, string>> },
): FieldSchema {
  const table = Object.entries(sourceAliases).map(([from, to]) => ({ from, to }));
  const rename: StepData = { fn: 'lookup', args: { table, ignoreCase: true } };
  return firstOf('source', path, table.length === 0 ? label : [...label, rename]);
}

/** An amount in the currency of the workspace, which ClientTether does not name. */
export const amount = (target: string, field: string, currency: string): FieldSchema =>
  firstOf(target, customField(field), [{ fn: 'money', args: { currency } }]);
