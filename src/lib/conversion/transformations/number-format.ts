import { z } from 'zod';
import { roundTo, writeOut } from './kit/decimal.ts';
import { defineTransformation } from './kit/define.ts';
import { decimalMark, groupMark } from './kit/number-marks.ts';
import { reject } from './kit/value.ts';

const unreadable = reject('is not a number as our side writes it');

export const numberFormat = defineTransformation({
  name: 'number-format',
  help: 'Writes a number as text, with the marks and decimals that a system expects.',
  from: 'number',
  to: 'text',
  args: z
    .strictObject({
      decimals: z.int().min(0).max(15).optional().meta({
        title: 'Decimals',
        description: 'How many there are; as many as the number has when empty.',
      }),
      decimal: decimalMark,
      group: groupMark,
    })
    .refine(({ decimal, group }) => decimal !== group, {
      path: ['group'],
      message: 'is the decimal mark as well; choose another',
    }),
  apply:
    ({ decimals, decimal, group }) =>
    (number) => {
      const [whole = '', fraction] = writeOut(
        decimals === undefined ? number : roundTo(number, decimals),
      ).split('.');
      const places =
        decimals === undefined ? (fraction ?? '') : (fraction ?? '').padEnd(decimals, '0');
      const grouped = group === '' ? whole : whole.replaceAll(/\B(?=(?:\d{3})+$)/g, group);
      return places === '' ? grouped : `${grouped}${decimal}${places}`;
    },
  invert: ({ decimals, decimal, group }) =>
    decimals === undefined
      ? (value) => {
          if (typeof value !== 'string') return unreadable;
          const whole = group === '' ? value : value.replaceAll(group, '');
          const plain = decimal === ',' ? whole.replace(',', '.') : whole;
          return plain.length < 400 && /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : unreadable;
        }
      : 'Decimals that were rounded away cannot come back. Leave "Decimals" empty.',
  examples: [
    { given: 1234.5, gives: '1234.5' },
    { args: { decimals: 2, decimal: ',', group: '.' }, given: 1234567.1, gives: '1.234.567,10' },
    { args: { decimals: 2 }, given: 1.005, gives: '1.01' },
    { given: 1e-7, gives: '0.0000001' },
  ],
});
