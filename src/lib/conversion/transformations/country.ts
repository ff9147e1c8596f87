import { z } from 'zod';
import { locale } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { foldName, indexNames, setOnce } from './kit/names.ts';
import { reject } from './kit/value.ts';

const unknown = reject('is no country by its code or by its name in a language that is read');

export const country = defineTransformation({
  name: 'country',
  help: 'Reads a country from its code or name and writes it as a code or name.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    as: z.enum(['alpha-2', 'alpha-3', 'name']).default('alpha-2').meta({
      title: 'Written as',
      description: 'Two letters (DE), three letters (DEU) or the name (ISO 3166).',
    }),
    language: locale.meta({
      title: 'Language',
      description: 'The language of the name that is written, such as en.',
    }),
  }),
  limits: 'Reads names in English, German, Spanish, French, Italian, Dutch and Portuguese.',
  apply: async ({ as, language }) => {
    const { codes, alpha3 } = await loadCountries();
    const names = new Intl.DisplayNames(language, { type: 'region' });
    return (text) => {
      if (text.trim() === '') return null;
      const code = text.length > limits.word ? undefined : codes.get(foldName(text));
      if (code === undefined) return unknown;
      if (as === 'alpha-2') return code;
      return (as === 'name' ? names.of(code) : alpha3.get(code)) ?? unknown;
    };
  },
  examples: [
    { given: 'United States', gives: 'US' },
    { given: 'usa', gives: 'US' },
    { args: { as: 'alpha-3' }, given: 'Deutschland', gives: 'DEU' },
    { args: { as: 'name', language: 'fr' }, given: 'DE', gives: 'Allemagne' },
    {
      given: 'Atlantis',
      rejects: 'is no country by its code or by its name in a language that is read',
    },
  ],
});

interface Countries {
  /** Two letters by folded code or name. */
  codes: ReadonlyMap<string, string>;
  /** Three letters by two. */
  alpha3: ReadonlyMap<string, string>;
}

let countries: Promise<Countries> | undefined;

function loadCountries(): Promise<Countries> {
  countries ??= buildCountries();
  return countries;
}

async function buildCountries(): Promise<Countries> {
  const [{ default: table }, { default: english }] = await Promise.all([
    import('i18n-iso-countries/codes.json', { with: { type: 'json' } }),
    import('i18n-iso-countries/langs/en.json', { with: { type: 'json' } }),
  ]);
  const alpha3 = new Map(table.map(([two = '', three = '']) => [two, three]));
  const codes = indexNames('region', [...alpha3.keys()]);
  for (const [two, three] of alpha3) {
    codes.set(foldName(two), two);
    codes.set(foldName(three), two);
  }
  // The names of Intl are the short ones; this list has the official ones as well.
  for (const [two, names] of Object.entries(english.countries))
    for (const name of [names].flat()) setOnce(codes, foldName(name), two);
  return { codes, alpha3 };
}
