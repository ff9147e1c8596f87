import { toStoredValue } from './merge.ts';
import type { SourceField } from './lead-field-values.ts';
import {
  pushTables,
  type FieldMapping,
  type PushTable,
  type TargetField,
  type TargetMetadata,
} from '../connectors/contract/destination.ts';

/**
 * What is wrong with a row. An `error` keeps the mapping from being saved; a `warning` says what
 * will not be sent.
 */
export interface RowProblem {
  level: 'error' | 'warning';
  message: string;
}

export interface Validation {
  /** For each row, in their order. */
  rows: RowProblem[][];
  /** Fields that the CRM requires and no row fills, by table. */
  missing: { table: PushTable; field: TargetField }[];
  isValid: boolean;
}

/**
 * Checks a mapping against what the CRM says of its fields; without that only against itself. Pure.
 */
export function validateMapping(
  fields: readonly FieldMapping[],
  metadata: TargetMetadata | undefined,
  sources: readonly SourceField[],
): Validation {
  const rows = fields.map((row, index) => [
    ...findProblems(row, metadata, sources),
    ...findDuplicate(fields, row, index),
  ]);
  const missing =
    metadata === undefined
      ? []
      : pushTables.flatMap((table) =>
          findUnfilledRequired(fields, metadata, table).map((field) => ({ table, field })),
        );
  return {
    rows,
    missing,
    isValid:
      missing.length === 0 &&
      rows.every((problems) => problems.every(({ level }) => level === 'warning')),
  };
}

/** A table that no row fills is not written at all, and then lacks nothing. */
function findUnfilledRequired(
  fields: readonly FieldMapping[],
  { tables }: TargetMetadata,
  table: PushTable,
): TargetField[] {
  const targets = new Set(fields.filter((row) => row.table === table).map(({ target }) => target));
  return targets.size === 0
    ? []
    : tables[table].fields.filter(
        ({ name, required, creatable, type }) =>
          required && creatable && type !== 'lookup' && !targets.has(name),
      );
}

function findProblems(
  row: FieldMapping,
  metadata: TargetMetadata | undefined,
  sources: readonly SourceField[],
): RowProblem[] {
  const source = sources.find(({ key }) => key === row.source);
  if (source === undefined && !isConstant(row))
    return [
      error(
        row.source === '' ? 'Choose what fills this field.' : `We have no field "${row.source}".`,
      ),
    ];
  if (row.source === '=') return [error('Write the fixed text that is to be sent.')];
  if (metadata === undefined) return [];
  const field = metadata.tables[row.table].fields.find(({ name }) => name === row.target);
  if (field === undefined)
    return [
      warning(
        `The table ${row.table} there has no field "${row.target}". It is left out until somebody adds it there.`,
      ),
    ];
  if (field.type === 'lookup' || field.type === 'other')
    return [error('This field links to another record, or holds what a mapping cannot fill.')];
  if (!field.creatable && !field.updatable) return [error('Nobody may write this field there.')];
  return [...findTypeProblems(row, field, source), ...findLabelProblems(row, field, source)];
}

const isConstant = ({ source }: FieldMapping): boolean => source.startsWith('=');

function findTypeProblems(
  row: FieldMapping,
  field: TargetField,
  source: SourceField | undefined,
): RowProblem[] {
  if (source === undefined) return findConstantProblems(row, field);
  switch (field.type) {
    case 'integer':
    case 'decimal':
    case 'money':
      return source.type === 'number'
        ? []
        : [error(`It takes numbers, and "${source.label}" is ${typeLabels[source.type]}.`)];
    case 'boolean':
      return source.type === 'boolean'
        ? []
        : [error(`It takes yes or no, and "${source.label}" is ${typeLabels[source.type]}.`)];
    case 'datetime':
      return source.type === 'datetime'
        ? []
        : [error(`It takes points in time, and "${source.label}" is ${typeLabels[source.type]}.`)];
    case 'option':
      return source.type === 'text' || source.type === 'choice'
        ? []
        : [
            error(
              `It takes one of its options, and "${source.label}" is ${typeLabels[source.type]}.`,
            ),
          ];
    default:
      return [];
  }
}

const typeLabels: Record<SourceField['type'], string> = {
  text: 'text',
  number: 'a number',
  boolean: 'yes or no',
  datetime: 'a point in time',
  choice: 'a choice of words',
};

function findConstantProblems({ source }: FieldMapping, field: TargetField): RowProblem[] {
  const value = source.slice(1);
  if (field.type === 'option')
    return hasOption(field, value) ? [] : [error(`It has no option called "${value}".`)];
  return toStoredValue(field, value) === null
    ? [error(`"${value}" is nothing that a field of the type ${field.type} takes.`)]
    : [];
}

/** Labels that are not there any more, and words of ours that no label stands for. */
function findLabelProblems(
  { labels = {} }: FieldMapping,
  field: TargetField,
  source: SourceField | undefined,
): RowProblem[] {
  if (field.type !== 'option' || source === undefined) return [];
  const gone = Object.values(labels).filter((label) => !hasOption(field, label));
  const unnamed = (source.choices ?? []).filter(
    (choice) => labels[choice] === undefined && !hasOption(field, choice),
  );
  return [
    ...(gone.length === 0 ? [] : [warning(`There is no option ${quoteList(gone)} any more.`)]),
    ...(unnamed.length === 0
      ? []
      : [
          warning(
            `Nothing there stands for ${quoteList(unnamed)}: leads that say so are sent without this field.`,
          ),
        ]),
  ];
}

const hasOption = ({ options }: TargetField, label: string): boolean =>
  (options ?? []).some(
    (option) => option.label.trim().toLowerCase() === label.trim().toLowerCase(),
  );
const quoteList = (words: readonly string[]): string => words.map((word) => `"${word}"`).join(', ');

function findDuplicate(
  fields: readonly FieldMapping[],
  { table, target }: FieldMapping,
  index: number,
): RowProblem[] {
  const first = fields.findIndex((row) => row.table === table && row.target === target);
  return first === index ? [] : [error('This field is filled by another row already.')];
}

const error = (message: string): RowProblem => ({ level: 'error', message });
const warning = (message: string): RowProblem => ({ level: 'warning', message });
