import { z } from 'zod';
import { parseAmount } from '../../connectors/kit/amount.ts';
import { currencyCode } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
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
  limits: 'At most 12 digits before the point.',
  apply:
    ({ currency }) =>
    (value) => {
      if (typeof value === 'string' && value.length > limits.word) return unreadable;
      if (typeof value === 'string' && value.trim() === '') return null;
      return parseAmount(value, currency) ?? unreadable;
    },
  examples: [
    { given: 45000, gives: '45000.00' },
    { args: { currency: 'USD' }, given: '$45,000', gives: '45000.00' },
    { args: { currency: 'EUR' }, given: '1.234,56 €', gives: '1234.56' },
    { given: '', gives: null },
    {
      args: { currency: 'EUR' },
      given: '45.000',
      rejects: 'is not an amount, or could be read as two different ones',
    },
  ],
});
