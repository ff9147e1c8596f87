import { z } from 'zod';
import { tidyLine } from '../../records/text.ts';
import { defineTransformation } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { reject } from './kit/value.ts';

const tooLong = reject(`is longer than ${limits.word} characters, which no name is`);

export const nameSplit = defineTransformation({
  name: 'name-split',
  help: "Takes the first or last name out of a person's name.",
  from: 'text',
  to: 'text',
  args: z.strictObject({
    part: z.enum(['first', 'last']).meta({
      title: 'Part',
      description:
        'The last word is the last name, unless a comma stands behind it: "van der Berg, Mary".',
    }),
  }),
  limits: `At most ${limits.word} characters. A single word is a last name.`,
  apply:
    ({ part }) =>
    (text) => {
      if (text.length > limits.word) return tooLong;
      return splitName(tidyLine(text))[part] || null;
    },
  examples: [
    { args: { part: 'last' }, given: 'Ana Maria Lima', gives: 'Lima' },
    { args: { part: 'first' }, given: 'Ana Maria Lima', gives: 'Ana Maria' },
    { args: { part: 'last' }, given: 'van der Berg, Mary', gives: 'van der Berg' },
    { args: { part: 'first' }, given: 'Contoso', gives: null },
  ],
});

function splitName(name: string): { first: string; last: string } {
  const comma = name.indexOf(',');
  if (comma > 0) return { first: name.slice(comma + 1).trim(), last: name.slice(0, comma).trim() };
  const space = name.lastIndexOf(' ');
  return { first: name.slice(0, Math.max(0, space)), last: name.slice(space + 1) };
}
