import { z } from 'zod';
import type { ActionField } from '../../connectors/contract/actions.ts';
import { Problem } from '../../platform/errors.ts';
import { isDay } from '../../platform/period.ts';
import { isStorable } from '../../records/text.ts';

/** Characters of a field that says nothing else. */
const defaultMax = { choice: 300, line: 200, text: 10_000, day: 10, moment: 16 } as const;

const maxLength = ({ kind, max }: Pick<ActionField, 'kind' | 'max'>): number =>
  max ?? defaultMax[kind];

/** The schema of what a person enters: trimmed texts; what was left empty becomes undefined. */
const valuesSchema = (fields: readonly ActionField[]) =>
  z.strictObject(Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])));

function fieldSchema(field: ActionField): z.ZodType<string | undefined> {
  const { label, kind, optional } = field;
  const most = maxLength(field);
  return z
    .string(`Fill in ${label}.`)
    .trim()
    .max(most, `${label} may have ${most} characters at most.`)
    .refine(isStorable, `${label} contains a character that cannot be stored.`)
    .refine((text) => text === '' || isOfKind(kind, text), `${label} is not ${words[kind]}.`)
    .refine((text) => text !== '' || optional === true, `Fill in ${label}.`)
    .transform((text) => (text === '' ? undefined : text));
}

const words: Record<ActionField['kind'], string> = {
  choice: 'a single line',
  line: 'a single line',
  text: 'text',
  day: 'a day, such as 2026-12-01',
  moment: 'a date and time, such as 2026-12-01T09:30',
};

function isOfKind(kind: ActionField['kind'], text: string): boolean {
  if (kind === 'day') return isDay(text);
  if (kind === 'moment') {
    const [, day = '', hours = '', minutes = ''] =
      /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)$/.exec(text) ?? [];
    return isDay(day) && Number(hours) < 24 && Number(minutes) < 60;
  }
  return kind === 'text' || !/[\r\n]/.test(text);
}

/** What a person entered, checked. Throws Problem `bad_request`, with details for each field. */
export function parseValues(
  fields: readonly ActionField[],
  given: Readonly<Record<string, string>>,
): Record<string, string> {
  const blank = Object.fromEntries(fields.map(({ name }) => [name, '']));
  const parsed = valuesSchema(fields).safeParse({ ...blank, ...given });
  if (parsed.success)
    return Object.fromEntries(
      Object.entries(parsed.data).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]],
      ),
    );
  const wrong = Object.fromEntries(
    parsed.error.issues.map(({ path, message }) => [path.join('.'), message]),
  );
  throw new Problem('bad_request', parsed.error.issues[0]?.message ?? 'Fill in the form.', {
    fields: wrong,
  });
}
