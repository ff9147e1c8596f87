import { toStoredValue } from './stored-value.ts';
import { findTargetField, listTargetFields, nameObject } from './target-fields.ts';
import type { SourceField } from './lead-fields.ts';
import {
  objectRoles,
  type FieldMapping,
  type ObjectRole,
  type TargetField,
  type TargetMetadata,
} from '../connectors/contract/destination.ts';
import { splitTable } from '../conversion/schema/table.ts';
import { typeNames, type ValueType } from '../conversion/transformations/kit/types.ts';
import { compileRows, formatFault, type CompiledRow } from './compile-rows.ts';
import { readFixedText } from './row-parts.ts';

/**
 * A problem with one row, shown beside it. An `error` blocks saving; a `warning` says what will not
 * be sent.
 */
export interface RowProblem {
  level: 'error' | 'warning';
  message: string;
}

export interface UnfilledField {
  role: ObjectRole;
  /** What people call the object in the CRM, such as "account". */
  object: string;
  field: TargetField;
}

export interface Validation {
  /** The problems of each row, in the order of the rows. */
  rows: RowProblem[][];
  /** Fields that the CRM requires and no row fills. */
  missing: UnfilledField[];
  /** Fields that the CRM asks people for and no row fills, which does not block saving. */
  expected: UnfilledField[];
  isValid: boolean;
}

/**
 * Checks a mapping against our catalogue and the CRM's description of its fields; without that
 * description, against our catalogue alone. It compiles the rows and changes nothing.
 */
export async function validateMapping(
  fields: readonly FieldMapping[],
  metadata: TargetMetadata | undefined,
  sources: readonly SourceField[],
): Promise<Validation> {
  const rows = (await compileRows(fields)).map((compiled, index) => [
    ...findProblems(compiled, metadata, sources),
    ...findDuplicate(fields, compiled.row, index),
  ]);
  const unfilled = (isWanted: (field: TargetField) => boolean) =>
    metadata === undefined
      ? []
      : objectRoles.flatMap((role) =>
          findUnfilled(fields, metadata, role)
            .filter(isWanted)
            .map((field) => ({ role, object: nameObject(metadata, role), field })),
        );
  const missing = unfilled(({ required }) => required);
  return {
    rows,
    missing,
    expected: unfilled(({ expected }) => expected === true),
    isValid:
      missing.length === 0 &&
      rows.every((problems) => problems.every(({ level }) => level === 'warning')),
  };
}

/** An object that no row fills is not written at all, so none of its fields are missing. */
function findUnfilled(
  fields: readonly FieldMapping[],
  metadata: TargetMetadata,
  role: ObjectRole,
): TargetField[] {
  const targets = new Set(fields.filter((row) => row.role === role).map(({ target }) => target));
  return targets.size === 0
    ? []
    : listTargetFields(metadata, role).filter(
        ({ name, creatable, type }) => creatable && type !== 'lookup' && !targets.has(name),
      );
}

function findProblems(
  compiled: CompiledRow,
  metadata: TargetMetadata | undefined,
  sources: readonly SourceField[],
): RowProblem[] {
  const { row, fault } = compiled;
  const unknown = row.sources.filter((source) => !sources.some(({ key }) => key === source));
  if (unknown.length > 0) return unknown.map((key) => error(`There is no source field "${key}".`));
  if (fault !== undefined) return [error(formatFault(fault))];
  const text = readFixedText(row);
  if (text === '') return [error('Enter the fixed text to send.')];
  if (row.sources.length === 0 && row.steps.length === 0)
    return [error('Choose a source for this field.')];
  return metadata === undefined ? [] : findTargetProblems(compiled, text, metadata, sources);
}

function findTargetProblems(
  compiled: CompiledRow,
  text: string | undefined,
  metadata: TargetMetadata,
  sources: readonly SourceField[],
): RowProblem[] {
  const { row } = compiled;
  const field = findTargetField(metadata, row.role, row.target);
  if (field === undefined)
    return [
      warning(
        `The object "${nameObject(metadata, row.role)}" in the CRM has no field "${row.target}". ` +
          'This row is skipped until the field is added there.',
      ),
    ];
  if (field.type === 'lookup' || field.type === 'other')
    return [error('This field links to another record or has a type that a mapping cannot fill.')];
  if (!field.creatable && !field.updatable)
    return [error('This field is read-only in the CRM. Remove the row.')];
  if (text !== undefined) return findConstantProblems(text, field);
  const source = sources.find(({ key }) => key === row.sources[0]);
  return [...findTypeProblems(compiled, field, source), ...findLabelProblems(row, field, source)];
}

/** What the row gives has to be of a type that the field takes, as far as that is known. */
function findTypeProblems(
  { row, gives }: CompiledRow,
  field: TargetField,
  source: SourceField | undefined,
): RowProblem[] {
  if (gives === 'list' || gives === 'object')
    return [error(`This field holds one value, but its steps give ${typeNames[gives]}.`)];
  const accepted = acceptedSources[field.type];
  const type = isDirect(row) && source !== undefined ? source.type : sourceTypes[gives];
  if (accepted === undefined || type === undefined || accepted.types.includes(type)) return [];
  return [
    error(
      isDirect(row) && source !== undefined
        ? `This field only accepts ${accepted.label}, but "${source.label}" is ${typeLabels[type]}.`
        : `This field only accepts ${accepted.label}, but its steps give ${typeLabels[type]}.`,
    ),
  ];
}

/** Whether the row sends one field of ours as it is, or through a table of words alone. */
function isDirect({ sources, steps }: FieldMapping): boolean {
  return sources.length === 1 && splitTable(steps).before.length === 0;
}

/** The type of source that gives each type of value; none where the type is not known. */
const sourceTypes: { [Type in ValueType]?: SourceField['type'] } = {
  text: 'text',
  number: 'number',
  amount: 'number',
  boolean: 'boolean',
  instant: 'datetime',
};

/** Source types by the type of the field they fill; a field type that is missing accepts all. */
const acceptedSources: {
  [Type in TargetField['type']]?: { label: string; types: readonly SourceField['type'][] };
} = {
  integer: { label: 'numbers', types: ['number'] },
  decimal: { label: 'numbers', types: ['number'] },
  money: { label: 'numbers', types: ['number'] },
  boolean: { label: 'yes or no', types: ['boolean'] },
  datetime: { label: 'dates and times', types: ['datetime'] },
  date: { label: 'dates', types: ['datetime'] },
  option: { label: 'one of its options', types: ['text', 'choice'] },
};

const typeLabels: Record<SourceField['type'], string> = {
  text: 'text',
  number: 'a number',
  boolean: 'yes or no',
  datetime: 'a date and time',
  choice: 'a choice',
};

function findConstantProblems(value: string, field: TargetField): RowProblem[] {
  if (field.type === 'option')
    return hasOption(field, value) ? [] : [error(`This field has no option "${value}".`)];
  return toStoredValue(field, value) === null
    ? [error(`"${value}" does not fit this field, which has the type ${field.type}.`)]
    : [];
}

/** Labels that the CRM no longer has, and choices of ours that match no option. */
function findLabelProblems(
  row: FieldMapping,
  field: TargetField,
  source: SourceField | undefined,
): RowProblem[] {
  if (field.type !== 'option' || source === undefined || !isDirect(row)) return [];
  const labels = new Map(splitTable(row.steps).table?.map(({ from, to }) => [from, to]));
  const gone = [...labels.values()].filter((label) => !hasOption(field, label));
  const unnamed = (source.choices ?? []).filter(
    (choice) => !labels.has(choice) && !hasOption(field, choice),
  );
  return [
    ...(gone.length === 0 ? [] : [warning(`The CRM no longer has the option ${quoteList(gone)}.`)]),
    ...(unnamed.length === 0
      ? []
      : [
          warning(
            `The CRM has no option for ${quoteList(unnamed)}. ` +
              'Leads with these values are sent without this field.',
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
  { role, target }: FieldMapping,
  index: number,
): RowProblem[] {
  const first = fields.findIndex((row) => row.role === role && row.target === target);
  return first === index
    ? []
    : [error('Another row already fills this field. Remove one of the two.')];
}

const error = (message: string): RowProblem => ({ level: 'error', message });
const warning = (message: string): RowProblem => ({ level: 'warning', message });
