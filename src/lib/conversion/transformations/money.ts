import { z } from 'zod';
import { parseAmount } from '../values/amount.ts';
import { currencyCode, isCurrency } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { isBlank } from './kit/text.ts';
import { reject } from './kit/value.ts';

const unreadable = reject('is not an amount, or could be read as two different ones');

export const money = defineTransformation({
  name: 'money',
  help: 'Reads an amount, also as people type it, and keeps it exact with two decimals.',
  from: 'any',
  to: 'amount',
  args: z.strictObject({
    currency: currencyCode.default('XXX').meta({
      title: 'Currency',
      description: 'Its code (ISO 4217), whose signs may stand with the amount; XXX for none.',
    }),
  }),
  limits:
    'Of two sources the second is the code of the currency. At most 12 digits before the point.',
  apply:
    ({ currency }) =>
    (given) => {
      const [value = null, code = null] = Array.isArray(given) ? given : [given];
      if (typeof value === 'string' && value.length > limits.word) return unreadable;
      if (isBlank(value)) return null;
      const named = typeof code === 'string' ? code.trim().toUpperCase() : '';
      return parseAmount(value, isCurrency(named) ? named : currency) ?? unreadable;
    },
  examples: [
    { given: 45000, gives: '45000.00' },
    { args: { currency: 'USD' }, given: '$45,000', gives: '45000.00' },
    { args: { currency: 'EUR' }, given: '1.234,56 €', gives: '1234.56' },
    { given: ['1.234,56 €', 'eur'], gives: '1234.56' },
    { given: '', gives: null },
    {
      args: { currency: 'EUR' },
      given: '45.000',
      rejects: 'is not an amount, or could be read as two different ones',
    },
  ],
});
