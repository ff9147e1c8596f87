import { tidyLine } from '../../../records/text.ts';
import { parseDateTime } from '../../../conversion/values/date-time.ts';
import { toPlainText } from '../../../conversion/values/plain-text.ts';
import type { Item } from '../item.ts';

type Properties = Readonly<Record<string, string>>;

/** One line of text; null when it shows nothing. */
export function readText(properties: Properties | undefined, name: string): string | null {
  const text = tidyLine(properties?.[name] ?? '');
  return text === '' ? null : text;
}

/** The account's label of a choice, else the name by which HubSpot keeps it. */
export function readLabel(item: Item, name: string): string | null {
  const label = tidyLine(item.about.labels?.[name] ?? '');
  return label === '' ? readText(item.properties, name) : label;
}

/** Times are ISO texts; dates may also come as milliseconds since 1970. */
export function readDate({ properties }: Pick<Item, 'properties'>, name: string): Date | null {
  return parseTime(properties[name]);
}

function parseTime(text: string | undefined): Date | null {
  const trimmed = text?.trim() ?? '';
  return parseDateTime(
    /^\d{11,14}$/.test(trimmed) ? new Date(Number(trimmed)).toISOString() : trimmed,
    'UTC',
  );
}

/** The largest count that a record accepts. */
const MAX_COUNT = 10_000_000;

/** A number of people or things; null when it is unknown or negative. */
export function readCount({ properties }: Item, name: string): number | null {
  const count = readNumber({ properties }, name);
  return count === null || count < 0 ? null : Math.min(Math.round(count), MAX_COUNT);
}

/** A number; null when there is none. */
export function readNumber({ properties }: Pick<Item, 'properties'>, name: string): number | null {
  const text = readText(properties, name);
  const number = text === null ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : null;
}

/** Rich text as plain text; null when it is blank. */
export function readRichText({ properties }: Item, name: string): string | null {
  const text = toPlainText(properties[name] ?? '');
  return text === '' ? null : text;
}

/** When the object was created and last changed. */
export function readTimes(item: Item): {
  sourceCreatedAt: Date | null;
  sourceUpdatedAt: Date | null;
} {
  return {
    sourceCreatedAt:
      readDate(item, 'createdate') ?? readDate(item, 'hs_createdate') ?? parseTime(item.createdAt),
    sourceUpdatedAt:
      readDate(item, 'lastmodifieddate') ??
      readDate(item, 'hs_lastmodifieddate') ??
      parseTime(item.updatedAt),
  };
}

/** "First Last"; null when neither is known. */
export function readPersonName(properties: Properties | undefined): string | null {
  const parts = ['firstname', 'lastname']
    .map((name) => readText(properties, name))
    .filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(' ');
}
