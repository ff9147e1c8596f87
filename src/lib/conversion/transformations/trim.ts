import { z } from 'zod';
import { tidyLine } from '../../records/text.ts';
import { defineTransformation } from './kit/define.ts';

const ways = {
  both: (text: string) => text.trim(),
  start: (text: string) => text.trimStart(),
  end: (text: string) => text.trimEnd(),
  line: tidyLine,
};

export const trim = defineTransformation({
  name: 'trim',
  help: 'Takes off blanks around a text; a text of nothing else becomes empty.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    way: z.enum(['both', 'start', 'end', 'line']).default('both').meta({
      title: 'Where',
      description: '"line" also takes out invisible characters and doubled blanks.',
    }),
  }),
  apply: ({ way }) => {
    const take = ways[way];
    return (text) => take(text) || null;
  },
  examples: [
    { given: '  Ana Lima ', gives: 'Ana Lima' },
    { args: { way: 'line' }, given: ' Ana\u200B  Lima\n', gives: 'Ana Lima' },
    { args: { way: 'start' }, given: ' Ana ', gives: 'Ana ' },
    { given: ' \t', gives: null },
    { given: 7, rejects: 'is a number, not text; put the step "text" before it' },
  ],
});
