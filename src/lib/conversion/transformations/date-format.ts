import { z } from 'zod';
import { toLocalDay } from '../../platform/local-day.ts';
import { timeZone } from './kit/arguments.ts';
import { datePattern, formatInstant, parseInstant } from './kit/dates.ts';
import { defineTransformation } from './kit/define.ts';
import { isOfType } from './kit/types.ts';
import { reject } from './kit/value.ts';

const unreadable = reject('is not a date as our side writes it');

export const dateFormat = defineTransformation({
  name: 'date-format',
  help: 'Writes a point in time in the form that a system expects.',
  from: 'instant',
  to: ({ format }) => (isCount(format) ? 'number' : 'text'),
  args: z.strictObject({
    format: datePattern.default('day').meta({
      title: 'Form',
      description:
        '"iso" in UTC, "day" as 2026-10-01, "seconds" or "milliseconds" since 1970, or a pattern ' +
        'such as dd/MM/yyyy HH:mm.',
    }),
    timeZone,
  }),
  apply: ({ format, timeZone: zone }) => {
    switch (format) {
      case 'iso':
        return (instant) => new Date(instant).toISOString();
      case 'day':
        return (instant) => toLocalDay(zone, new Date(instant));
      case 'seconds':
        return (instant) => Math.floor(Date.parse(instant) / 1000);
      case 'milliseconds':
        return (instant) => Date.parse(instant);
      default:
        return (instant) => formatInstant(new Date(instant), format, zone);
    }
  },
  invert: ({ format, timeZone: zone }) => {
    if (format === 'iso') return (value) => (isInstant(value) ? value : unreadable);
    if (format === 'milliseconds') return fromMilliseconds;
    return tellsAll(format, zone)
      ? (value) =>
          (typeof value === 'string' ? parseInstant(value, format, zone) : null)?.toISOString() ??
          unreadable
      : 'This form leaves out a part of the point in time. Choose "iso" or "milliseconds", or ' +
          'write down to SSS and XXX.';
  },
  examples: [
    { given: '2026-10-01T23:30:00.000Z', gives: '2026-10-01' },
    {
      args: { timeZone: 'Europe/Berlin' },
      given: '2026-10-01T23:30:00.000Z',
      gives: '2026-10-02',
    },
    {
      args: { format: "yyyy-MM-dd'T'HH:mm:ssXXX", timeZone: 'America/Denver' },
      given: '2026-10-01T15:30:00.000Z',
      gives: '2026-10-01T09:30:00-06:00',
    },
    { args: { format: 'seconds' }, given: '2026-10-01T00:00:00.500Z', gives: 1790812800 },
  ],
});

const isCount = (format: string): boolean => format === 'seconds' || format === 'milliseconds';

const isInstant = (value: unknown): value is string =>
  typeof value === 'string' && isOfType.instant(value);

function fromMilliseconds(value: unknown) {
  const at = new Date(typeof value === 'number' ? value : Number.NaN);
  return Number.isNaN(at.getTime()) ? unreadable : at.toISOString();
}

/** Points in time that differ in every part from each other, and two of one local time. */
const probes = [
  '1999-01-02T03:04:05.006Z',
  '2031-12-31T23:59:58.997Z',
  '2026-07-15T12:34:56.789Z',
].map((text) => new Date(text));

/** Whether a form tells every part; a local time without its offset occurs twice in autumn. */
function tellsAll(format: string, zone: string): boolean {
  const namesOffset = zone === 'UTC' || /[xX]{3,5}/.test(format.replaceAll(/'[^']*'/g, ''));
  return (
    namesOffset &&
    probes.every(
      (at) =>
        parseInstant(formatInstant(at, format, zone), format, zone)?.getTime() === at.getTime(),
    )
  );
}
