import { z } from 'zod';
import { defineTransformation } from './kit/define.ts';
import { cutText } from './kit/text.ts';

const shown = z.int().min(0).max(20).default(0);
const hidden = '•••';

export const mask = defineTransformation({
  name: 'mask',
  help: 'Hides a text except for a few characters at its beginning and end.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    start: shown.meta({ title: 'At the beginning', description: 'Characters that stay there.' }),
    end: shown.meta({ title: 'At the end', description: 'Characters that stay there.' }),
  }),
  limits: 'A text in which nothing would be hidden is hidden whole.',
  apply:
    ({ start, end }) =>
    (text) =>
      text.length <= start + end
        ? hidden
        : `${cutText(text, 0, start)}${hidden}${cutText(text, text.length - end)}`,
  examples: [
    { args: { end: 4 }, given: '4929123456789012', gives: '•••9012' },
    { args: { start: 1 }, given: 'Ana Lima', gives: 'A•••' },
    { args: { start: 1, end: 1 }, given: 'ab', gives: '•••' },
  ],
});
