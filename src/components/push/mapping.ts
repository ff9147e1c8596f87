import type { MappedObject } from '#lib/views/push-mapping.ts';
import type { SourceField } from '#lib/mappings/lead-fields.ts';
import { readFixedText, type RowParts } from '#lib/mappings/row-parts.ts';
import type { RowOverride } from '#lib/mappings/row-overrides.ts';
import type {
  ConflictRule,
  FieldMapping,
  ObjectRole,
  TargetField,
} from '#lib/connectors/contract/destination.ts';
import { counted } from '../ui/format.ts';

interface Option {
  value: string;
  label: string;
}

/** What is done with the records of each role. */
export const roleNotes: Record<ObjectRole, string> = {
  company: "Created for the lead's domain. If it exists, only empty fields are filled.",
  contact: "Created for the lead's e-mail address. If it exists, only empty fields are filled.",
  lead: 'Kept in sync, field by field.',
  deal: 'Created for scores of 55 and above.',
};

export const ruleOptions: (Option & { value: ConflictRule })[] = [
  { value: 'ours', label: 'Ours wins' },
  { value: 'theirs', label: 'Theirs wins' },
  { value: 'newest', label: 'Newest wins' },
  { value: 'ask', label: 'Ask' },
];

/** Our fields, a fixed text and several fields, after a chosen field that we do not have. */
export function listSourceOptions(sources: readonly SourceField[], chosen: string): Option[] {
  const known = [
    ...sources.map(({ key, label }) => ({ value: key, label })),
    { value: '=', label: 'Fixed text' },
    { value: '+', label: 'Several fields' },
  ];
  const isKnown = known.some(({ value }) => value === chosen);
  return [
    ...(isKnown
      ? []
      : [{ value: chosen, label: chosen === '' ? 'Choose' : `${chosen} (unknown)` }]),
    ...known,
  ];
}

/** The option that stands for what fills a row; empty when nothing does yet. */
export function chooseSource({ origin, sources, steps }: RowParts): string {
  if (origin.by === 'field') return origin.key;
  if (origin.by === 'text') return '=';
  return sources.length + steps.length === 0 ? '' : '+';
}

/** "round 2", "date-format": a step with what its arguments say in a few words. */
export function describeStep({ fn, args = {} }: FieldMapping['steps'][number]): string {
  const words = Object.values(args).filter((value) => typeof value !== 'object');
  const text = words.map(String).join(', ');
  return text === '' || text.length > maxWords ? fn : `${fn} ${text}`;
}
const maxWords = 24;

/** "the default" or "version 3". */
export const describeVersion = (version: number): string =>
  version === 0 ? 'the default' : `version ${version}`;

/** What changed about a row: "Company, trim, was Company". */
export function describeChange(
  { base, own }: RowOverride,
  sources: readonly SourceField[],
): string {
  if (base === null) return `added, ${describeFilling(own, sources)}`;
  if (own === null) return `removed, was ${describeFilling(base, sources)}`;
  const [before, after] = [describeFilling(base, sources), describeFilling(own, sources)];
  const rule = ruleOptions.find(({ value }) => value === own.rule)?.label ?? own.rule;
  return [
    before === after && base.rule === own.rule ? 'other arguments of its steps' : null,
    before === after ? null : `${after}, was ${before}`,
    base.rule === own.rule ? null : `now "${rule}"`,
  ]
    .filter(Boolean)
    .join('; ');
}

/** "Company, trim": what fills a row and the names of its steps. */
function describeFilling(row: FieldMapping | null, sources: readonly SourceField[]): string {
  if (row === null) return 'nothing';
  const text = readFixedText(row);
  if (text !== undefined) return `the text "${text}"`;
  const names = row.sources.map((key) => sources.find((one) => one.key === key)?.label ?? key);
  return [...names, ...row.steps.map(({ fn }) => fn)].join(', ');
}

/** "3 rows differ from the default, which has changed for 1 of them since." */
export function describeDifferences(objects: readonly MappedObject[]): string {
  const rows = objects.flatMap((object) => object.rows);
  const differing =
    rows.filter(({ standing }) => standing !== 'default').length +
    objects.reduce((sum, { leftOut }) => sum + leftOut.length, 0);
  const outdated = rows.filter(({ isOutdated }) => isOutdated).length;
  if (differing === 0) return 'All rows are as in the default.';
  const since = outdated === 0 ? '' : `, which has changed for ${outdated} of them since`;
  return `${counted(differing, ['row differs', 'rows differ'])} from the default${since}.`;
}

const types: Record<TargetField['type'], string> = {
  text: 'text',
  memo: 'long text',
  integer: 'whole number',
  decimal: 'number',
  money: 'amount',
  boolean: 'yes or no',
  datetime: 'time',
  date: 'date',
  option: 'choice',
  lookup: 'link',
  other: 'other',
};

/** "text, up to 100 characters". */
export function formatType({ type, maxLength, min, max }: TargetField): string {
  const range =
    type === 'integer' || type === 'decimal'
      ? min !== null && max !== null && Math.abs(max) < 1e9
        ? `, ${min} to ${max}`
        : ''
      : '';
  const length = type === 'text' && maxLength !== null ? `, up to ${maxLength}` : '';
  return `${types[type]}${length}${range}`;
}

/** "1 row with an error, 2 required fields not filled"; empty when there is nothing to correct. */
export function describeProblems(objects: MappedObject[]): string {
  const levels = objects
    .flatMap(({ rows }) => rows)
    .filter(({ problems }) => problems.length > 0)
    .map(({ problems }) => problems.some(({ level }) => level === 'error'));
  const wrong = levels.filter(Boolean).length;
  const noted = levels.length - wrong;
  const missing = objects.reduce((sum, object) => sum + object.missing.length, 0);
  return [
    wrong > 0 && `${counted(wrong, ['row', 'rows'])} with an error`,
    noted > 0 && `${counted(noted, ['row', 'rows'])} with a warning`,
    missing > 0 && `${counted(missing, ['required field', 'required fields'])} not filled`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** Says which fields of an object the CRM asks people for and no row fills. */
export function formatExpected({ expected }: MappedObject): string {
  const names = expected.map(({ label }) => `"${label}"`).join(', ');
  return `The CRM's forms require ${names} of people, but no row fills ${
    expected.length === 1 ? 'it' : 'them'
  }. Leads are sent all the same.`;
}

/** Says which required fields of an object no row fills. */
export function formatMissing({ missing }: MappedObject): string {
  const names = missing.map(({ label }) => `"${label}"`).join(', ');
  return missing.length === 1
    ? `The CRM requires ${names}, but no row fills it. Add it below.`
    : `The CRM requires ${names}, but no rows fill them. Add them below.`;
}
