import { z } from 'zod';
import { shortText } from './kit/arguments.ts';
import { defineTransformation, StepProblem } from './kit/define.ts';
import { limits } from './kit/limits.ts';
import { compilePattern, patternArguments, patternLimits, searchMatches } from './kit/regex.ts';

/** Text, or the number of a group. */
type Piece = string | number;

/** "$1" is what the first group found, "$0" the whole; "$$" is a dollar sign. */
function parseReplacement(text: string, groups: number): Piece[] {
  const pieces = text.split(/(\$\$|\$\d{1,2})/).map((part, at): Piece => {
    if (at % 2 === 0) return part;
    return part === '$$' ? '$' : Number(part.slice(1));
  });
  const unknown = pieces.find((part) => typeof part === 'number' && part > groups);
  if (unknown !== undefined)
    throw new StepProblem(
      `The replacement names the group ${unknown}, but the pattern has ${groups}. Write "$$" ` +
        'for a dollar sign.',
    );
  return pieces;
}

export const regexReplace = defineTransformation({
  name: 'regex-replace',
  help: 'Replaces what a regular expression finds in a text, everywhere.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    ...patternArguments,
    with: shortText.default('').meta({
      title: 'Replace with',
      description: 'What takes its place; $1 is what the first group found, $$ a dollar sign.',
    }),
  }),
  limits: patternLimits,
  apply: async ({ pattern, ignoreCase, with: replacement }) => {
    const compiled = await compilePattern(pattern, ignoreCase);
    const pieces = parseReplacement(replacement, compiled.groupCount());
    return (text) => {
      let written = '';
      let from = 0;
      const stopped = searchMatches(compiled, text, (match) => {
        written += text.slice(from, match.start());
        for (const part of pieces)
          written += typeof part === 'number' ? (match.group(part) ?? '') : part;
        from = match.end();
        return written.length <= limits.text;
      });
      return stopped ?? written + text.slice(from);
    };
  },
  examples: [
    { args: { pattern: '\\s+', with: ' ' }, given: 'a \n b  c', gives: 'a b c' },
    { args: { pattern: '(\\w+)@(\\w+)', with: '$2 $1 $$' }, given: 'ana@x', gives: 'x ana $' },
    { args: { pattern: 'x*', with: '-' }, given: 'ab', gives: '-a-b-' },
    { args: { pattern: 'A', ignoreCase: true }, given: 'banana', gives: 'bnn' },
  ],
});
