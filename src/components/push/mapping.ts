import type { SourceField } from '#lib/mappings/lead-fields.ts';
import type { ConflictRule, PushTable, TargetField } from '#lib/connectors/contract/destination.ts';

interface Option {
  value: string;
  label: string;
}

/** What the tables are called. */
export const tableLabels: Record<PushTable, { title: string; note: string }> = {
  account: {
    title: 'Account',
    note: 'Made for the domain of the lead; of one that is there only blanks are filled.',
  },
  contact: {
    title: 'Contact',
    note: 'Made for the e-mail address of the lead; of one that is there only blanks are filled.',
  },
  lead: { title: 'Lead', note: 'Kept in line with ours, field by field.' },
  opportunity: { title: 'Opportunity', note: 'Made from a score of 55 on.' },
};

export const ruleOptions: (Option & { value: ConflictRule })[] = [
  { value: 'ours', label: 'Ours wins' },
  { value: 'theirs', label: 'Theirs wins' },
  { value: 'newest', label: 'The newest wins' },
  { value: 'ask', label: 'Ask' },
];

/** Our fields, a fixed text, and what is chosen although we have no such field. */
export function listSourceOptions(sources: readonly SourceField[], chosen: string): Option[] {
  const known = sources.map(({ key, label }) => ({ value: key, label }));
  const isKnown = chosen.startsWith('=') || known.some(({ value }) => value === chosen);
  return [
    ...(isKnown
      ? []
      : [{ value: chosen, label: chosen === '' ? 'Choose' : `${chosen} (not known)` }]),
    ...known,
    { value: '=', label: 'A fixed text' },
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
  option: 'one of its options',
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
  return `${types[type]}${type === 'text' && maxLength !== null ? `, up to ${maxLength}` : ''}${range}`;
}
