import type { MappedObject } from '#lib/views/push-mapping.ts';
import type { SourceField } from '#lib/mappings/lead-fields.ts';
import type {
  ConflictRule,
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

/** Our fields and a fixed text, after a chosen field that we do not have. */
export function listSourceOptions(sources: readonly SourceField[], chosen: string): Option[] {
  const known = sources.map(({ key, label }) => ({ value: key, label }));
  const isKnown = chosen.startsWith('=') || known.some(({ value }) => value === chosen);
  return [
    ...(isKnown
      ? []
      : [{ value: chosen, label: chosen === '' ? 'Choose' : `${chosen} (unknown)` }]),
    ...known,
    { value: '=', label: 'Fixed text' },
  ];
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
