import { z } from 'zod';
import { isPlainDecimal } from './kit/decimal.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { decimalMark, groupMark } from './kit/number-marks.ts';
import { reject } from './kit/value.ts';

/** As programs write large and small numbers: 1.0E7. */
const scientific = /^-?\d{1,30}(?:\.\d{1,30})?e[+-]?\d{1,3}$/i;

const unreadable = reject('is not a number in the expected form');

export const numberParse = defineTransformation({
  name: 'number-parse',
  help: 'Reads a number from text; a number stays as it is.',
  from: 'any',
  to: 'number',
  args: z.strictObject({
    decimal: decimalMark,
    group: groupMark,
    percent: z.boolean().default(false).meta({
      title: 'Percentage',
      description: 'Whether a percent sign may stand behind it; 45 % is read as 45.',
    }),
  }),
  limits: `Text of more than ${limits.word} characters is no number.`,
  apply:
    ({ decimal, group, percent }) =>
    (value) => {
      if (typeof value === 'number') return value;
      if (typeof value !== 'string' || value.length > limits.word) return unreadable;
      const trimmed = value.trim();
      const text = percent ? trimmed.replace(/\s*%$/, '') : trimmed;
      if (text === '') return null;
      const whole = group === '' ? text : text.replaceAll(group, '');
      const plain = (decimal === ',' ? whole.replace(',', '.') : whole).replace(/^\+/, '');
      return isPlainDecimal(plain) || scientific.test(plain) ? Number(plain) : unreadable;
    },
  examples: [
    { given: ' 12.50 ', gives: 12.5 },
    { args: { decimal: ',', group: '.' }, given: '1.234,5', gives: 1234.5 },
    { args: { percent: true }, given: '45 %', gives: 45 },
    { given: '1.0E7', gives: 10_000_000 },
    { given: '', gives: null },
    { given: '12 units', rejects: 'is not a number in the expected form' },
  ],
});
