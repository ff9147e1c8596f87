import { z } from 'zod';
import { shortText } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { isBlank, joinTexts, toText } from './kit/text.ts';
import { reject, type Json } from './kit/value.ts';

/** Text, or the position of a value. */
type Piece = string | number;

const nested = reject('holds a list or an object where the template wants text');

/** "{1}" stands for the first value; a brace that stands for itself is doubled. */
const piece = /\{\{|\}\}|\{(\d{1,2})\}/g;

function parseTemplate(template: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of template.matchAll(piece)) {
    pieces.push(template.slice(from, match.index));
    pieces.push(match[1] === undefined ? match[0].charAt(0) : Number(match[1]) - 1);
    from = match.index + match[0].length;
  }
  return [...pieces, template.slice(from)];
}

export const template = defineTransformation({
  name: 'template',
  help: 'Writes values into a text at the places {1}, {2} and so on.',
  from: 'any',
  to: 'text',
  seesNull: true,
  args: z.strictObject({
    text: shortText.meta({
      title: 'Template',
      description: 'The first source stands at {1}, the second at {2}. Write {{ for a brace.',
    }),
    whenMissing: z.enum(['nothing', 'blank']).default('nothing').meta({
      title: 'When a value is missing',
      description: '"nothing" leaves the field empty, "blank" only the place of the value.',
    }),
  }),
  apply: ({ text, whenMissing }) => {
    const pieces = parseTemplate(text);
    return (value) => {
      const values: readonly Json[] = Array.isArray(value) ? value : [value];
      const texts: string[] = [];
      for (const part of pieces) {
        const found = typeof part === 'number' ? (values[part] ?? null) : part;
        if (typeof part === 'number' && whenMissing === 'nothing' && isBlank(found)) return null;
        const written = toText(found);
        if (written === undefined) return nested;
        texts.push(written);
      }
      return joinTexts(texts);
    };
  },
  examples: [
    { args: { text: '{1}: {2}' }, given: ['Contoso', 'Ana Lima'], gives: 'Contoso: Ana Lima' },
    { args: { text: 'P{1}' }, given: 3, gives: 'P3' },
    { args: { text: '{1}: {2}' }, given: ['Contoso', null], gives: null },
    { args: { text: '{{{1}}} {2}', whenMissing: 'blank' }, given: ['a'], gives: '{a} ' },
  ],
});
