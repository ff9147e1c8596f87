import { noArguments } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { joinTexts, toText } from './kit/text.ts';
import { reject } from './kit/value.ts';

const nested = reject('holds a list or an object, which is not written as text');

export const concat = defineTransformation({
  name: 'concat',
  help: 'Writes the values of a list one after another, with nothing between them.',
  from: 'list',
  to: 'text',
  args: noArguments,
  apply: () => (list) => {
    const texts = list.map(toText);
    return texts.every((text) => text !== undefined) ? joinTexts(texts) : nested;
  },
  examples: [
    { given: ['A', 1, null, true], gives: 'A1true' },
    { given: [['A']], rejects: 'holds a list or an object, which is not written as text' },
  ],
});
