import type { FieldMapping, ObjectRole, TargetField } from '../connectors/contract/destination.ts';
import { suggestSources, type SuggestSource } from '../conversion/schema/suggest.ts';
import type { ValueType } from '../conversion/transformations/kit/types.ts';
import type { Json } from '../conversion/transformations/kit/value.ts';
import { getOwn } from '../platform/own.ts';
import { pushSources, valueTypes, type SourceField } from './lead-fields.ts';
import type { SampleLead } from './preview.ts';

/** A row that may be of use: a field of the CRM that nothing fills, and what could fill it. */
export interface SuggestedRow {
  row: FieldMapping;
  field: TargetField;
  source: SourceField;
}

/** More than these of one object are not read. */
const maxSuggestions = 8;

/**
 * Rows for fields of one object that no row fills, the most likely first, by the names and types of
 * both sides and by what our fields hold for some leads. Pure.
 */
export function suggestRows(
  role: ObjectRole,
  free: readonly TargetField[],
  samples: readonly SampleLead[],
): SuggestedRow[] {
  const targets = free.map(({ name, label, type }) => ({ name, label, type: wanted[type] }));
  const best = new Map(
    suggestSources(targets, listSources(samples))
      .toSorted((one, other) => one.score - other.score)
      .map((suggestion) => [suggestion.target, suggestion]),
  );
  return [...best.values()]
    .toSorted((one, other) => other.score - one.score)
    .flatMap(({ target, path, steps }) => {
      const field = free.find(({ name }) => name === target);
      const source = pushSources.find(({ key }) => key === path);
      if (field === undefined || source === undefined) return [];
      const direct = valueTypes[source.type] === wanted[field.type];
      const row: FieldMapping = {
        role,
        target,
        sources: [path],
        steps: direct ? [] : [...steps],
        rule: 'ours',
      };
      return [{ row, field, source }];
    })
    .slice(0, maxSuggestions);
}

/** Our fields with what they hold; those that are empty for all leads with something of their type. */
const listSources = (samples: readonly SampleLead[]): SuggestSource[] =>
  pushSources.map(({ key, label, type }) => {
    const values = samples.map(({ values: known }) => getOwn(known, key) ?? null);
    const isEmpty = values.every((value) => value === null);
    return { path: key, label, samples: isEmpty ? typical[type] : values };
  });

const typical: Readonly<Record<SourceField['type'], readonly Json[]>> = {
  text: [],
  choice: ['choice'],
  number: [1],
  boolean: [true],
  datetime: ['2026-01-01T00:00:00.000Z'],
};

const wanted: Readonly<Record<TargetField['type'], ValueType>> = {
  text: 'text',
  memo: 'text',
  integer: 'number',
  decimal: 'number',
  money: 'number',
  boolean: 'boolean',
  datetime: 'instant',
  date: 'instant',
  option: 'text',
  lookup: 'any',
  other: 'any',
};
