import type { LeadFilter } from '#lib/entities/lead/queries.ts';
import { all } from '../ui/url.ts';
import { choices, filterNames } from './labels.ts';

interface Option {
  value: string;
  label: string;
}
type FilterName = (typeof filterNames)[number];

/** A select of the filter form. */
interface FilterSelect {
  name: FilterName;
  label: string;
  value: string;
  options: Option[];
}

/** The selects that are always shown. */
export const buildMainSelects = (
  filter: LeadFilter,
  sources: Option[],
  statuses: Option[],
): FilterSelect[] => [
  buildSelect(filter, 'source', 'Source', 'All sources', sources),
  buildSelect(filter, 'status', 'Status', 'All statuses', statuses),
  buildSelect(filter, 'qualified', 'Qualified', 'Qualified or not', choices.qualified),
];

/** The selects that unfold under "More filters". */
export const buildMoreSelects = (filter: LeadFilter): FilterSelect[] => [
  buildSelect(filter, 'segment', 'Segment', 'All segments', choices.segment),
  buildSelect(filter, 'provider', 'Mail provider', 'All mail providers', choices.provider),
  buildSelect(filter, 'referral', 'Referral type', 'Any referral', choices.referral),
  buildSelect(filter, 'push', 'CRM status', 'Any CRM status', choices.push),
];

/** Whether a filter under "More filters" is active. */
export const usesMoreFilters = (filter: LeadFilter): boolean =>
  [...buildMoreSelects(filter).map(({ name }) => name), 'scoreMin' as const, 'scoreMax' as const]
    .map((name) => filter[name])
    .some((value) => value !== undefined);

function buildSelect(
  filter: LeadFilter,
  name: FilterName,
  label: string,
  everything: string,
  offered: Option[],
): FilterSelect {
  const value = toParam(filter[name]);
  // A value of the address that no option offers stays chosen all the same.
  const isOffered = value === all || offered.some((option) => option.value === value);
  const chosen = isOffered ? [] : [{ value, label: value || 'Unknown' }];
  return {
    name,
    label,
    value,
    options: [{ value: all, label: everything }, ...chosen, ...offered],
  };
}

function toParam(value: LeadFilter[FilterName]): string {
  if (value === undefined) return all;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** The attributes of a field for a bound of the score, 0 to 100. */
export const toScoreField = (value: number | undefined) => ({
  type: 'number' as const,
  min: 0,
  max: 100,
  step: 1,
  inputmode: 'numeric' as const,
  value: value ?? '',
  hideLabel: true,
});
