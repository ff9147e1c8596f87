import { z } from 'zod';
import { parseDateTime } from '../values/date-time.ts';
import { isPlausible } from '../../records/text.ts';
import { timeZone } from './kit/arguments.ts';
import { datePattern, parseInstant } from './kit/dates.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { reject, type Json } from './kit/value.ts';

const unreadable = reject('is not a date from 1900 to 2200 in the expected form');

export const dateParse = defineTransformation({
  name: 'date-parse',
  help: 'Reads a point in time from text or from a number of seconds since 1970.',
  from: 'any',
  to: 'instant',
  args: z.strictObject({
    format: datePattern.default('iso').meta({
      title: 'Form',
      description:
        '"iso" for ISO 8601 and dates of databases, "seconds" or "milliseconds" since 1970, or a ' +
        'pattern such as dd/MM/yyyy HH:mm.',
    }),
    timeZone,
  }),
  limits: 'The time zone holds for texts that name none. Years from 1900 to 2200.',
  apply: ({ format, timeZone: zone }) => {
    const read = compileReader(format, zone);
    return (value) => {
      if (typeof value === 'string' && value.length > limits.word) return unreadable;
      if (typeof value === 'string' && value.trim() === '') return null;
      return read(value)?.toISOString() ?? unreadable;
    };
  },
  examples: [
    { given: '2026-10-01', gives: '2026-10-01T00:00:00.000Z' },
    {
      args: { timeZone: 'America/Denver' },
      given: '2026-10-01 09:30:00',
      gives: '2026-10-01T15:30:00.000Z',
    },
    {
      args: { format: 'dd/MM/yyyy HH:mm', timeZone: 'Europe/Berlin' },
      given: '01/12/2026 09:30',
      gives: '2026-12-01T08:30:00.000Z',
    },
    { args: { format: 'milliseconds' }, given: '1790000000000', gives: '2026-09-21T14:13:20.000Z' },
    { given: '2026-02-30', rejects: 'is not a date from 1900 to 2200 in the expected form' },
  ],
});

type Reader = (value: Json) => Date | null;

function compileReader(format: string, zone: string): Reader {
  switch (format) {
    case 'iso':
    case 'day':
      return (value) => (typeof value === 'string' ? parseDateTime(value, zone) : null);
    case 'seconds':
      return (value) => readEpoch(value, 1000);
    case 'milliseconds':
      return (value) => readEpoch(value, 1);
    default:
      return (value) => (typeof value === 'string' ? parseInstant(value, format, zone) : null);
  }
}

function readEpoch(value: Json, unit: number): Date | null {
  const isNumber =
    typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value));
  const at = new Date(isNumber ? Math.round(Number(value) * unit) : Number.NaN);
  return isPlausible(at) ? at : null;
}
