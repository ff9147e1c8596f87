import { z } from 'zod';
import {
  conflictRules,
  objectRoles,
  type FieldMapping,
} from '#lib/connectors/contract/destination.ts';
import { fieldShape } from '#lib/conversion/schema/shape.ts';
import type { TableLine } from '#lib/conversion/schema/table.ts';
import { nameRow } from '#lib/mappings/row-overrides.ts';
import { joinRow, type RowOrigin } from '#lib/mappings/row-parts.ts';
import type { UnreadText } from '#lib/views/push-mapping-draft.ts';
import { text } from './action.ts';
import type { Fields } from './form.ts';

/*
 * A row of the editor: its inputs are those parts into which src/lib/mappings/row-parts.ts takes a
 * row. Steps and fallback arrive as JSON; what cannot be read is kept as text beside the row.
 */

/** The choice of what fills a row, besides the keys of our fields. */
const fixedText = '=';
const severalFields = '+';

/** The fields of one row, without their prefix. */
const rowForm = z.object({
  role: z.enum(objectRoles),
  target: z.string().trim().min(1),
  source: text,
  /** The text that is sent, where the source is a fixed text. */
  constant: text,
  /** The keys of several fields, with commas between them. */
  sources: text,
  steps: text,
  fallback: text,
  rule: z.enum(conflictRules).catch('ours'),
});

export interface ParsedRow {
  row: FieldMapping;
  unread: UnreadText[];
  /** Whether it is to stay although the default has changed since. */
  isConfirmed: boolean;
}

/**
 * Parses the row whose fields begin with `prefix`; undefined when it names no field of a known
 * role.
 */
export function parseRow(fields: Fields, prefix: string): ParsedRow | undefined {
  const given = Object.keys(rowForm.shape).map((name) => [name, fields[`${prefix}.${name}`]]);
  const form = rowForm.safeParse(Object.fromEntries(given)).data;
  if (form === undefined) return undefined;
  const { role, target, rule, ...sent } = form;
  const steps = readJson(sent.steps, stepsShape, stepsHint);
  const fallback = readJson(sent.fallback, fallbackShape, fallbackHint);
  const parts = joinRow({
    origin: readOrigin(sent.source, sent.constant.trim()),
    sources: sent.sources.split(',').flatMap((source) => source.trim() || []),
    steps: steps.value ?? [],
    table: parseTable(fields, prefix),
  });
  const name = nameRow({ role, target });
  const unread = (
    [
      ['steps', steps],
      ['fallback', fallback],
    ] as const
  ).flatMap(([part, { message }]) =>
    message === undefined ? [] : [{ row: name, part, text: sent[part], message }],
  );
  const last = fallback.value === undefined ? {} : { fallback: fallback.value };
  const isConfirmed = fields[`${prefix}.confirmed`] === 'on';
  return { row: { role, target, ...parts, ...last, rule }, unread, isConfirmed };
}

function readOrigin(source: string, constant: string): RowOrigin {
  if (source === fixedText) return { by: 'text', text: constant };
  return source === '' || source === severalFields ? { by: 'list' } : { by: 'field', key: source };
}

const stepsShape = fieldShape.shape.steps;
const stepsHint =
  'Its steps cannot be read. Write a list such as [{"fn": "trim"}], in which each step has a name ' +
  'and, where it takes any, arguments.';
const fallbackShape = fieldShape.shape.fallback;
const fallbackHint =
  'Its fallback cannot be read. Write a text in quotes, a number, true, false or null.';

/** The value of a text in JSON; undefined for none. A message when it cannot be read. */
function readJson<Schema extends z.ZodType>(
  json: string,
  shape: Schema,
  hint: string,
): { value?: z.output<Schema>; message?: string } {
  if (json.trim() === '') return {};
  try {
    const value = shape.safeParse(JSON.parse(json));
    return value.success ? { value: value.data } : { message: hint };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { message: hint };
  }
}

function parseTable(fields: Fields, prefix: string): TableLine[] {
  const lines = new Map<string, string>();
  for (let index = 0; fields[`${prefix}.label.${index}.theirs`] !== undefined; index += 1) {
    const [from = '', to = ''] = [
      fields[`${prefix}.label.${index}.ours`]?.trim(),
      fields[`${prefix}.label.${index}.theirs`]?.trim(),
    ];
    if (from !== '' && to !== '') lines.set(from, to);
  }
  return [...lines].map(([from, to]) => ({ from, to }));
}
