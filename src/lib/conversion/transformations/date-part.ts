import { TZDate } from '@date-fns/tz';
import { z } from 'zod';
import { timeZone } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';

const parts = {
  year: (at: Date) => at.getFullYear(),
  quarter: (at: Date) => Math.floor(at.getMonth() / 3) + 1,
  month: (at: Date) => at.getMonth() + 1,
  day: (at: Date) => at.getDate(),
  weekday: (at: Date) => at.getDay() || 7,
  hour: (at: Date) => at.getHours(),
  minute: (at: Date) => at.getMinutes(),
  second: (at: Date) => at.getSeconds(),
};

export const datePart = defineTransformation({
  name: 'date-part',
  help: 'Takes the year, month, weekday or another part of a point in time, as a number.',
  from: 'instant',
  to: 'number',
  args: z.strictObject({
    part: z.enum(['year', 'quarter', 'month', 'day', 'weekday', 'hour', 'minute', 'second']).meta({
      title: 'Part',
      description: 'Weekdays count from 1 for Monday to 7 for Sunday.',
    }),
    timeZone,
  }),
  apply: ({ part, timeZone: zone }) => {
    const read = parts[part];
    return (instant) => read(new TZDate(Date.parse(instant), zone));
  },
  examples: [
    { args: { part: 'quarter' }, given: '2026-10-01T00:00:00.000Z', gives: 4 },
    { args: { part: 'weekday' }, given: '2026-11-29T00:00:00.000Z', gives: 7 },
    {
      args: { part: 'hour', timeZone: 'America/Denver' },
      given: '2026-10-01T15:30:00.000Z',
      gives: 9,
    },
  ],
});
