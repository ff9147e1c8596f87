import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';

const ways = {
  upper: (text: string) => text.toUpperCase(),
  lower: (text: string) => text.toLowerCase(),
  words: (text: string) =>
    text.replaceAll(/(?<![\p{L}\p{N}'’])\p{Ll}/gu, (letter) => letter.toUpperCase()),
  first: (text: string) => text.replace(/^\P{L}*\p{Ll}/u, (start) => start.toUpperCase()),
};

export const changeCase = defineTransformation({
  name: 'case',
  help: 'Writes a text in capital or small letters, or capitalizes its words.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    to: z.enum(['upper', 'lower', 'words', 'first']).meta({
      title: 'Case',
      description: '"words" capitalizes each word, "first" only the first; other letters stay.',
    }),
  }),
  apply: ({ to }) => ways[to],
  examples: [
    { args: { to: 'upper' }, given: 'straße', gives: 'STRASSE' },
    { args: { to: 'lower' }, given: 'Ana@Contoso.COM', gives: 'ana@contoso.com' },
    {
      args: { to: 'words' },
      given: "google ads, o'neill's DIY",
      gives: "Google Ads, O'neill's DIY",
    },
    { args: { to: 'first' }, given: 'new lead', gives: 'New lead' },
  ],
});
