import { z } from 'zod';
import { defineTransformation, StepProblem } from './kit/define.ts';
import { compilePattern, patternArguments, patternLimits, searchMatches } from './kit/regex.ts';

export const regexExtract = defineTransformation({
  name: 'regex-extract',
  help: 'Takes the part of a text that a regular expression finds; empty when it finds none.',
  from: 'text',
  to: 'text',
  args: z.strictObject({
    ...patternArguments,
    group: z.int().min(0).max(50).default(0).meta({
      title: 'Group',
      description: 'The number of the group in parentheses that is taken; 0 for all of it.',
    }),
  }),
  limits: patternLimits,
  apply: async ({ pattern, ignoreCase, group }) => {
    const compiled = await compilePattern(pattern, ignoreCase);
    if (group > compiled.groupCount())
      throw new StepProblem(
        `The pattern has no group ${group}. Choose one from 0 to ${compiled.groupCount()}.`,
      );
    return (text) => {
      let found: string | null = null;
      const stopped = searchMatches(compiled, text, (match) => {
        found = match.group(group);
        return false;
      });
      return stopped ?? found;
    };
  },
  examples: [
    { args: { pattern: '[0-9]+' }, given: 'Order 1234 of 9', gives: '1234' },
    { args: { pattern: '^(\\w+)to', group: 1 }, given: '51to250employees', gives: '51' },
    { args: { pattern: 'x(y)?', group: 1 }, given: 'xz', gives: null },
    { args: { pattern: '(a+)+$' }, given: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', gives: null },
  ],
});
