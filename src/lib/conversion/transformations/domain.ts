import { z } from 'zod';
import { parseCompanyDomain, parseDomain } from '../../records/company-domain.ts';
import { defineTransformation } from './kit/define.ts';
import { reject, type Json } from './kit/value.ts';

/** Characters that are read of each address, and addresses that are read. */
const readUpTo = 2_000;
const mostAddresses = 50;

const unreadable = reject('is neither text nor a list of texts');

export const domain = defineTransformation({
  name: 'domain',
  help: 'Finds the registrable domain in a website, or in an e-mail address.',
  from: 'any',
  to: 'text',
  args: z.strictObject({
    ownOnly: z
      .boolean()
      .default(false)
      .meta({
        title: "Only a company's own",
        description:
          'Leaves out mailbox providers and shared platforms. Of several sources the first is the ' +
          'website, the others are e-mail addresses.',
      }),
  }),
  limits: `Lists of addresses count as several. Reads ${readUpTo} characters of each of ${mostAddresses}.`,
  apply:
    ({ ownOnly }) =>
    (value) => {
      const [website, ...emails] = [value].flat(2).slice(0, mostAddresses);
      const site = toAddress(website ?? null);
      const mails = emails.map(toAddress);
      if (site === undefined || mails.includes(undefined)) return unreadable;
      const known = mails.filter((mail) => typeof mail === 'string');
      if (ownOnly) return parseCompanyDomain(site, known).domain;
      return [site ?? '', ...known].map(parseDomain).find((found) => found !== null) ?? null;
    },
  examples: [
    { given: 'https://www.contoso.co.uk/about', gives: 'contoso.co.uk' },
    {
      args: { ownOnly: true },
      given: [null, 'ana@gmail.com', 'ana@contoso.com'],
      gives: 'contoso.com',
    },
    { args: { ownOnly: true }, given: 'ana@gmail.com', gives: null },
    { given: [null, ['ana@contoso.com']], gives: 'contoso.com' },
    { given: 'no address', gives: null },
  ],
});

/** Text that is read; null for nothing, undefined for what is no text. */
function toAddress(value: Json): string | null | undefined {
  if (value === null) return null;
  return typeof value === 'string' ? value.slice(0, readUpTo).toWellFormed() : undefined;
}
