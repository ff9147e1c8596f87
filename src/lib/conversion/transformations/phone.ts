import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { reject } from './kit/value.ts';

const unreadable = reject('is no telephone number, or names no country');

const styles = {
  e164: 'E.164',
  international: 'INTERNATIONAL',
  national: 'NATIONAL',
  uri: 'RFC3966',
} as const;

export const phone = defineTransformation({
  name: 'phone',
  help: 'Reads a telephone number and writes it in one style.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    country: z
      .string()
      .regex(/^[A-Z]{2}$/, 'is no country; write two capital letters such as US')
      .optional()
      .meta({
        title: 'Country',
        description: 'Where numbers without a country code belong (ISO 3166, such as US).',
      }),
    style: z.enum(['e164', 'international', 'national', 'uri']).default('e164').meta({
      title: 'Style',
      description: '"e164" is +12025550123, "international" has blanks, "national" no code.',
    }),
  }),
  limits: `Text of more than ${limits.word} characters is no number.`,
  apply: async ({ country, style }) => {
    const { isSupportedCountry, parsePhoneNumberFromString } =
      await import('libphonenumber-js/min');
    const known = country !== undefined && isSupportedCountry(country) ? country : undefined;
    const options = { extract: false, ...(known && { defaultCountry: known }) };
    return (text) => {
      if (text.trim() === '') return null;
      if (text.length > limits.word) return unreadable;
      const number = parsePhoneNumberFromString(text, options);
      return number?.isPossible() === true ? number.format(styles[style]) : unreadable;
    };
  },
  examples: [
    { args: { country: 'US' }, given: '(202) 555-0123', gives: '+12025550123' },
    { args: { style: 'international' }, given: '+49301234567', gives: '+49 30 1234567' },
    { given: '555-0123', rejects: 'is no telephone number, or names no country' },
    { given: ' ', gives: null },
  ],
});
