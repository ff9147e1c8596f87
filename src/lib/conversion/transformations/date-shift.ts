import { tz } from '@date-fns/tz';
import { add } from 'date-fns/add';
import { z } from 'zod';
import { isPlausible } from '../../records/text.ts';
import { timeZone } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { isOfType } from './kit/types.ts';
import { reject, type Json } from './kit/value.ts';

const outOfRange = reject('would lie outside the years 1900 to 2200');
const notInstant = reject('is not a date and time');

export const dateShift = defineTransformation({
  name: 'date-shift',
  help: 'Moves a point in time forwards or back by some days, months or hours.',
  from: 'instant',
  to: 'instant',
  args: z.strictObject({
    amount: z.int().min(-100_000).max(100_000).meta({
      title: 'How many',
      description: 'Negative numbers move it back.',
    }),
    unit: z
      .enum(['seconds', 'minutes', 'hours', 'days', 'weeks', 'months', 'years'])
      .default('days')
      .meta({ title: 'Unit', description: 'Days and longer keep the local time of day.' }),
    timeZone,
  }),
  limits: 'The last of a month stays within the month that it is moved to.',
  apply: ({ amount, unit, timeZone: zone }) => shiftBy(amount, unit, zone),
  invert: ({ amount, unit, timeZone: zone }) => {
    const isExact = unit === 'hours' || unit === 'minutes' || unit === 'seconds';
    const isEven = zone === 'UTC' && (unit === 'days' || unit === 'weeks');
    if (!isExact && !isEven)
      return 'Months, and days in a zone with summer time, differ in length. Use hours, or UTC.';
    const back = shiftBy(-amount, unit, zone);
    return (value) => (isInstant(value) ? back(value) : notInstant);
  },
  examples: [
    {
      args: { amount: 1, unit: 'months' },
      given: '2026-01-31T10:00:00.000Z',
      gives: '2026-02-28T10:00:00.000Z',
    },
    {
      args: { amount: 1, timeZone: 'Europe/Berlin' },
      given: '2026-10-24T10:00:00.000Z',
      gives: '2026-10-25T11:00:00.000Z',
    },
    {
      args: { amount: -90, unit: 'minutes' },
      given: '2026-10-01T00:00:00.000Z',
      gives: '2026-09-30T22:30:00.000Z',
    },
  ],
});

const isInstant = (value: Json): value is string =>
  typeof value === 'string' && isOfType.instant(value);

function shiftBy(amount: number, unit: string, zone: string) {
  const options = { in: tz(zone) };
  return (instant: string) => {
    const at = new Date(add(instant, { [unit]: amount }, options).getTime());
    return isPlausible(at) ? at.toISOString() : outOfRange;
  };
}
