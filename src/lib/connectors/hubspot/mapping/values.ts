import { tidyLine } from '../../../records/text.ts';
import type { FieldSchema, MappingSchema } from '../../../conversion/schema/shape.ts';
import type { StepData } from '../../../conversion/transformations/kit/steps.ts';
import { firstOf, line } from '../../kit/mapping.ts';

type Properties = Readonly<Record<string, string>>;

/** One line of text; null when it shows nothing. */
export function readText(properties: Properties | undefined, name: string): string | null {
  const text = tidyLine(properties?.[name] ?? '');
  return text === '' ? null : text;
}

/** A number; null when there is none. */
export function readNumber(properties: Properties, name: string): number | null {
  const text = readText(properties, name);
  const number = text === null ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : null;
}

/** "First Last"; null when neither is known. */
export function readPersonName(properties: Properties | undefined): string | null {
  const parts = ['firstname', 'lastname']
    .map((name) => readText(properties, name))
    .filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' ');
}

/** Times are ISO texts, which have a hyphen; dates may also be milliseconds since 1970. */
export const dateSteps: readonly StepData[] = [
  {
    fn: 'conditional',
    args: {
      is: 'contains',
      value: '-',
      whenTrue: [{ fn: 'date-parse' }],
      whenFalse: [
        { fn: 'regex-extract', args: { pattern: '^\\s*(\\d{11,14})\\s*$', group: 1 } },
        { fn: 'date-parse', args: { format: 'milliseconds' } },
      ],
    },
  },
];

/** A point in time: that of the first property which holds one. */
export const time = (target: string, sources: string | readonly string[]): FieldSchema =>
  firstOf(target, sources, dateSteps);

/** When an object was created and last changed. */
export const times: MappingSchema = [
  time('sourceCreatedAt', ['properties.createdate', 'properties.hs_createdate', 'createdAt']),
  time('sourceUpdatedAt', ['properties.hs_lastmodifieddate', 'updatedAt']),
];

/** The same of a contact, which has other names for it. */
export const contactTimes: MappingSchema = [
  time('sourceCreatedAt', ['properties.createdate', 'createdAt']),
  time('sourceUpdatedAt', ['properties.lastmodifieddate', 'updatedAt']),
];

/** The account's label of a choice, else the name by which HubSpot keeps it. */
export const labelPaths = (property: string): [string, string] => [
  `about.labels.${property}`,
  `properties.${property}`,
];

export const label = (target: string, property: string): FieldSchema =>
  line(target, labelPaths(property));

/**
 * An amount. HubSpot writes it as a number with a decimal point, so that 82.725 is no thousands,
 * which text might be.
 */
export const amount = (target: string, sources: string | readonly string[]): FieldSchema =>
  firstOf(target, sources, [{ fn: 'number-parse' }, { fn: 'money' }]);

/** Rich texts as plain text, one below the other. */
export const joinProse: readonly StepData[] = [
  { fn: 'map', args: { steps: [{ fn: 'html-text' }] } },
  { fn: 'join', args: { separator: '\n' } },
];

/** A percentage of a fact that lies between 0 and 1. */
export const toPercent: readonly StepData[] = [{ fn: 'scale', args: { factor: 100 } }];
