import { z } from 'zod';
import { currencyCode, locale } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';

export const moneyFormat = defineTransformation({
  name: 'money-format',
  help: 'Writes an amount with its currency, as people of a country read it.',
  from: 'amount',
  to: 'text',
  args: z.strictObject({
    currency: currencyCode.meta({ title: 'Currency', description: 'Its code (ISO 4217).' }),
    locale: locale.meta({
      title: 'Language',
      description: 'How it is written, such as en, en-GB or de.',
    }),
  }),
  apply: ({ currency, locale: language }) => {
    const format = new Intl.NumberFormat(language, { style: 'currency', currency });
    // Text is formatted digit by digit; a number would be rounded to its 15 digits first.
    return (amount) => format.format(amount as `${number}`);
  },
  examples: [
    { args: { currency: 'USD' }, given: '45000.00', gives: '$45,000.00' },
    { args: { currency: 'JPY' }, given: '45000.00', gives: '¥45,000' },
    {
      args: { currency: 'EUR' },
      given: '123456789012345678.99',
      gives: '€123,456,789,012,345,678.99',
    },
  ],
});
