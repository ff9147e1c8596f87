import type { Matcher, RE2JS } from 're2js';
import { z } from 'zod';
import { StepProblem } from './define.ts';
import { formatLimit, limits } from './limits.ts';
import { Rejection, reject } from './value.ts';

/*
 * Regular expressions that people wrote, searched by RE2: in linear time, without the patterns that
 * would hang a backtracking engine. The engine is loaded when the first one is compiled.
 */

export const patternArguments = {
  pattern: z.string().min(1).max(limits.pattern).meta({
    title: 'Pattern',
    description:
      'A regular expression in the syntax of RE2, which has no look-around and no back-references.',
  }),
  ignoreCase: z
    .boolean()
    .default(false)
    .meta({ title: 'Ignore case', description: 'Whether capital and small letters are equal.' }),
};

export const patternLimits =
  `The text times the size of the pattern is bounded (${formatLimit(limits.patternWork)}); ` +
  'beyond it the value is rejected.';

const tooMuchWork = reject('is too long for this regular expression');

/** Compiles a pattern. Throws StepProblem when it is none. */
export async function compilePattern(pattern: string, ignoreCase: boolean): Promise<RE2JS> {
  const { RE2JS: engine, RE2JSException } = await import('re2js');
  try {
    return engine.compile(pattern, ignoreCase ? engine.CASE_INSENSITIVE : 0);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw new StepProblem(`The pattern cannot be read: ${error.message}.`);
  }
}

/**
 * Calls `see` with each match from the left until it returns false. One search is linear, yet many
 * may each look at the rest of the text, so that all together have a bound. Returns a rejection
 * when it is reached, otherwise null.
 */
export function searchMatches(
  pattern: RE2JS,
  text: string,
  see: (match: Matcher) => boolean,
): Rejection | null {
  const size = pattern.programSize();
  const match = pattern.matcher(text);
  let work = 0;
  for (let from = 0; ; from = match.end()) {
    work += size * (text.length - from + 1);
    if (work > limits.patternWork) return tooMuchWork;
    if (!match.find() || !see(match)) return null;
  }
}
