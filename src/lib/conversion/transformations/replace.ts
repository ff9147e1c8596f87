import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { joinTexts } from './kit/text.ts';
import { shortText } from './kit/arguments.ts';

export const replace = defineTransformation({
  name: 'replace',
  help: 'Replaces one text in another by a third.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    find: shortText.min(1).meta({ title: 'Find', description: 'The text that is replaced.' }),
    with: shortText
      .default('')
      .meta({ title: 'Replace with', description: 'What takes its place; nothing when empty.' }),
    all: z
      .boolean()
      .default(true)
      .meta({ title: 'Everywhere', description: 'Whether all are replaced, not only the first.' }),
  }),
  apply: ({ find, with: replacement, all }) =>
    all
      ? (text) => (text.includes(find) ? joinTexts(text.split(find), replacement) : text)
      : (text) => text.replace(find, () => replacement),
  examples: [
    { args: { find: '-', with: ' ' }, given: 'a-b-c', gives: 'a b c' },
    { args: { find: '-', all: false }, given: 'a-b-c', gives: 'ab-c' },
    { args: { find: '.', with: '$&' }, given: 'a.b', gives: 'a$&b' },
  ],
});
