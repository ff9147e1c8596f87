import type { ObjectEntity } from '#lib/connectors/contract/discovery.ts';
import type { FieldSchema } from '#lib/conversion/schema/shape.ts';
import type { StepData } from '#lib/conversion/transformations/kit/steps.ts';
import { typeNames } from '#lib/conversion/transformations/kit/types.ts';
import type { Json } from '#lib/conversion/transformations/kit/value.ts';
import type { SourcePath } from '#lib/mappings/inbound/source-paths.ts';

/** A step in a few words: "trim (way: line)". */
export function formatStep({ fn, args = {} }: StepData): string {
  const given = Object.entries(args).map(([name, value]) => `${name}: ${formatArgument(value)}`);
  return given.length === 0 ? fn : `${fn} (${given.join(', ')})`;
}

function formatArgument(value: unknown): string {
  if (Array.isArray(value))
    return value.every((one) => isStep(one))
      ? value.map((one) => formatStep(one as StepData)).join(' → ')
      : `${value.length} ${value.length === 1 ? 'line' : 'lines'}`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const isStep = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'fn' in value;

/** The steps as people edit them: one to a line. */
export const writeSteps = (steps: readonly StepData[]): string =>
  steps.length === 0 ? '' : `[\n${steps.map((step) => `  ${JSON.stringify(step)}`).join(',\n')}\n]`;

const maxShown = 80;

/** A value in a table: short, and in quotes only where it is not plain text. */
export function formatSample(value: Json): string {
  if (value === null || value === '') return '–';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > maxShown ? `${line.slice(0, maxShown - 1)}…` : line;
}

/** What happens to a value that cannot be used, as the form names it. */
export function readFallback(field: FieldSchema | null): 'reject' | 'empty' | 'value' {
  if (field?.fallback === undefined) return field === null ? 'empty' : 'reject';
  return field.fallback === null ? 'empty' : 'value';
}

/** A field of the source beside its path, of so many records that were looked at. */
export function formatPath({ label, type, samples, filled }: SourcePath, looked: number): string {
  const described = type === undefined ? [] : [label ?? '', typeNames[type]];
  const held =
    filled === 0 && looked > 0 && type !== undefined
      ? ['in no stored record']
      : [formatSample(samples[0] ?? null), `in ${filled} of ${looked}`];
  return [...described, ...held].filter((part) => part !== '').join(' · ');
}

/** What the records of an object are to us. */
export const entityLabels: Readonly<Record<ObjectEntity, string>> = {
  lead: 'Lead',
  opportunity: 'Deal',
  company: 'Company',
  contact: 'Contact',
};
