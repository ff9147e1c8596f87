import { z } from 'zod';
import { locale } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { foldName, indexNames } from './kit/names.ts';
import { reject } from './kit/value.ts';

const unknown = reject('is no currency by its code, sign or name in a language that is read');

export const currency = defineTransformation({
  name: 'currency',
  help: 'Reads a currency from its code, sign or name and writes its code.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    signs: locale.meta({
      title: 'Signs as in',
      description: 'Where the signs come from: in en a $ is USD, in en-CA it is CAD.',
    }),
  }),
  limits: 'Reads names in English, German, Spanish, French, Italian, Dutch and Portuguese.',
  apply: ({ signs }) => {
    const codes = buildCodes(signs);
    return (text) => {
      if (text.trim() === '') return null;
      return (text.length > limits.word ? undefined : codes.get(foldName(text))) ?? unknown;
    };
  },
  examples: [
    { given: 'eur', gives: 'EUR' },
    { given: '€', gives: 'EUR' },
    { given: 'US Dollar', gives: 'USD' },
    { args: { signs: 'en-CA' }, given: '$', gives: 'CAD' },
    {
      given: 'shells',
      rejects: 'is no currency by its code, sign or name in a language that is read',
    },
  ],
});

const indexes = new Map<string, ReadonlyMap<string, string>>();

function buildCodes(signs: string): ReadonlyMap<string, string> {
  const known = indexes.get(signs);
  if (known !== undefined) return known;
  const all = Intl.supportedValuesOf('currency');
  const index = indexNames('currency', all);
  for (const code of all) index.set(foldName(findSign(signs, code)), code);
  for (const code of all) index.set(foldName(code), code);
  indexes.set(signs, index);
  return index;
}

function findSign(signs: string, code: string): string {
  const parts = new Intl.NumberFormat(signs, { style: 'currency', currency: code }).formatToParts(
    0,
  );
  return parts.find(({ type }) => type === 'currency')?.value ?? code;
}
