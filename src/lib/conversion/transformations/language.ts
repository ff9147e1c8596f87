import { z } from 'zod';
import { locale } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { foldName, indexNames, setOnce } from './kit/names.ts';
import { reject } from './kit/value.ts';

const unknown = reject('is no language by its code or by its name in a language that is read');

export const language = defineTransformation({
  name: 'language',
  help: 'Reads a language from its code or name and writes it as a code or name.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    as: z.enum(['code', 'name']).default('code').meta({
      title: 'Written as',
      description: 'Two letters (de, ISO 639-1) or the name.',
    }),
    language: locale.meta({
      title: 'Language',
      description: 'The language of the name that is written, such as en.',
    }),
  }),
  limits: 'Reads names in seven languages and its own; a region (pt-BR) is left out.',
  apply: ({ as, language: written }) => {
    codes ??= buildCodes();
    const known = codes;
    const names = new Intl.DisplayNames(written, { type: 'language' });
    return (text) => {
      if (text.trim() === '') return null;
      const code = text.length > limits.word ? undefined : findCode(known, text);
      if (code === undefined) return unknown;
      return as === 'code' ? code : (names.of(code) ?? unknown);
    };
  },
  examples: [
    { given: 'Portuguese', gives: 'pt' },
    { given: 'pt-BR', gives: 'pt' },
    { given: 'Deutsch', gives: 'de' },
    { args: { as: 'name', language: 'fr' }, given: 'de', gives: 'allemand' },
    {
      given: 'Klingonish',
      rejects: 'is no language by its code or by its name in a language that is read',
    },
  ],
});

let codes: ReadonlyMap<string, string> | undefined;

function findCode(known: ReadonlyMap<string, string>, text: string): string | undefined {
  return (
    known.get(foldName(text)) ??
    known.get(foldName(/^([a-z]{2})[-_]/i.exec(text.trim())?.[1] ?? ''))
  );
}

/** Intl lists no languages, so that all pairs of letters are asked for. */
function buildCodes(): ReadonlyMap<string, string> {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
  const all = letters
    .flatMap((one) => letters.map((other) => one + other))
    .filter((code) => names.of(code) !== undefined);
  const index = indexNames('language', all);
  for (const code of all) {
    index.set(code, code);
    const own = new Intl.DisplayNames(code, { type: 'language' }).of(code);
    setOnce(index, foldName(own ?? ''), code);
  }
  return index;
}
