import { z } from 'zod';
import { shortText } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { joinTexts } from './kit/text.ts';
import { reject } from './kit/value.ts';

const unaffixed = reject('lacks the text before or behind it that our side adds');

export const affix = defineTransformation({
  name: 'affix',
  help: 'Puts text before and behind another; on the way back it is taken off.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    before: shortText.default('').meta({ title: 'Before', description: 'Text put before.' }),
    behind: shortText.default('').meta({ title: 'Behind', description: 'Text put behind.' }),
  }),
  apply:
    ({ before, behind }) =>
    (text) =>
      joinTexts([before, text, behind]),
  invert:
    ({ before, behind }) =>
    (value) =>
      typeof value === 'string' &&
      value.length >= before.length + behind.length &&
      value.startsWith(before) &&
      value.endsWith(behind)
        ? value.slice(before.length, value.length - behind.length)
        : unaffixed,
  examples: [
    { args: { before: 'https://' }, given: 'contoso.com', gives: 'https://contoso.com' },
    { args: { before: '(', behind: ')' }, given: 'x', gives: '(x)' },
  ],
});
