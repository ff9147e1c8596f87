import { tz } from '@date-fns/tz';
import { format as formatDate } from 'date-fns/format';
import { parse as parseDate } from 'date-fns/parse';
import { z } from 'zod';
import { isPlausible } from '../../../records/text.ts';

/*
 * Dates by pattern (https://www.unicode.org/reports/tr35/tr35-dates.html#Date_Field_Symbol_Table),
 * in English and in a time zone.
 */

/** What a pattern does not name is taken from here, so that nothing depends on the clock. */
const reference = Date.UTC(2000, 0, 1);

export const datePattern = z
  .string()
  .min(1)
  .max(60)
  .superRefine((pattern, context) => {
    const reason = explainPattern(pattern);
    if (reason !== null) context.addIssue({ code: 'custom', message: reason });
  });

/** Words that stand for a form and are no pattern. */
const forms = new Set(['iso', 'day', 'seconds', 'milliseconds']);

function explainPattern(pattern: string): string | null {
  if (forms.has(pattern)) return null;
  try {
    formatInstant(new Date(reference), pattern, 'UTC');
    return null;
  } catch {
    return (
      'is no pattern of a date; write one such as yyyy-MM-dd HH:mm, in which other letters stand ' +
      'between apostrophes'
    );
  }
}

/** A point in time by a pattern that `datePattern` accepts. */
export function formatInstant(at: Date, pattern: string, timeZone: string): string {
  return formatDate(at, pattern, { in: tz(timeZone) });
}

/** A point in time from 1900 to 2200; null when the text does not follow the pattern. */
export function parseInstant(text: string, pattern: string, timeZone: string): Date | null {
  const zone = tz(timeZone);
  const parsed = parseDate(text, pattern, zone(reference), { in: zone });
  const at = new Date(parsed.getTime());
  return isPlausible(at) ? at : null;
}
