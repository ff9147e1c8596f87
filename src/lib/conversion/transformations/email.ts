import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { reject } from './kit/value.ts';

/** An address has at most 254 characters (RFC 5321); a name may stand before it. */
const longest = 600;

const unreadable = reject('is no e-mail address');
const address = z.email({ pattern: z.regexes.rfc5322Email }).max(254);

export const email = defineTransformation({
  name: 'email',
  help: 'Reads an e-mail address, also from "Name <address>", and writes it in small letters.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    keepCase: z.boolean().default(false).meta({
      title: 'Keep case',
      description: 'Whether the part before the @ stays as it was written.',
    }),
  }),
  limits: `Text of more than ${longest} characters is no address.`,
  apply:
    ({ keepCase }) =>
    (text) => {
      if (text.length > longest) return unreadable;
      const bare = text
        .replace(/^[^<]*<|>[^>]*$/g, '')
        .replace(/^\s*mailto:/i, '')
        .trim();
      if (bare === '') return null;
      if (!address.safeParse(bare).success) return unreadable;
      const at = bare.lastIndexOf('@');
      return keepCase ? `${bare.slice(0, at)}${bare.slice(at).toLowerCase()}` : bare.toLowerCase();
    },
  examples: [
    { given: ' Ana.Lima@Contoso.com', gives: 'ana.lima@contoso.com' },
    { given: 'Ana Lima <ana@contoso.com>', gives: 'ana@contoso.com' },
    { args: { keepCase: true }, given: 'Ana@Contoso.com', gives: 'Ana@contoso.com' },
    { given: 'ana(at)contoso', rejects: 'is no e-mail address' },
  ],
});
