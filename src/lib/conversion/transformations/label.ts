import { noArguments } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';

/** Words in small letters with capitals at their beginnings; other text as it is. */
export function toLabel(text: string): string {
  if (text !== text.toLowerCase()) return text;
  return text.replace(/(^|\s)\S/g, (start) => start.toUpperCase());
}

export const label = defineTransformation({
  name: 'label',
  help: 'Capitalizes the words of a text without capitals, so that "google" and "Google" are one.',
  from: 'text',
  to: 'text',
  args: noArguments,
  apply: () => toLabel,
  examples: [
    { given: 'organic search', gives: 'Organic Search' },
    { given: 'walk-in', gives: 'Walk-in' },
    { given: 'FDD sent', gives: 'FDD sent' },
    { given: 7, rejects: 'is a number, not text; put the step "text" before it' },
  ],
});
