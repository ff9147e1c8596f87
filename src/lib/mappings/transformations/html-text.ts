import { toPlainText } from '../../connectors/kit/plain-text.ts';
import { noArguments } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { reject } from './kit/value.ts';

const unreadable = reject('is HTML that is nested too deeply');

export const htmlText = defineTransformation({
  name: 'html-text',
  help: 'Writes HTML as plain text; what is plain text already stays as it is.',
  from: 'text',
  to: 'text',
  args: noArguments,
  apply: () => (text) => {
    try {
      return toPlainText(text) || null;
    } catch (error) {
      // The converter calls itself for each element inside another.
      if (error instanceof RangeError) return unreadable;
      throw error;
    }
  },
  examples: [
    { given: '<p>Call <b>Ana</b> &amp; Rui</p>', gives: 'Call Ana & Rui' },
    { given: 'a < b', gives: 'a < b' },
    { given: '<p> </p>', gives: null },
  ],
});
