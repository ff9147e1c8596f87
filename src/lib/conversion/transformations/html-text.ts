import { toPlainText } from '../values/plain-text.ts';
import { noArguments } from './kit/arguments.ts';
import { defineTransformation } from './kit/define.ts';
import { formatLimit } from './kit/limits.ts';
import { reject } from './kit/value.ts';

/** The converter calls itself for each element inside another, and is slow where many are open. */
const deepest = 1_000;

const tooDeep = reject('is HTML that is nested too deeply');

export const htmlText = defineTransformation({
  name: 'html-text',
  help: 'Writes HTML as plain text; what is plain text already stays as it is.',
  from: 'text',
  to: 'text',
  args: noArguments,
  limits: `At most ${formatLimit(deepest)} elements that are open at once.`,
  apply: () => (text) => (isTooDeep(text) ? tooDeep : toPlainText(text) || null),
  examples: [
    { given: '<p>Call <b>Ana</b> &amp; Rui</p>', gives: 'Call Ana & Rui' },
    { given: 'a < b', gives: 'a < b' },
    { given: '<p> </p>', gives: null },
    { given: '<b>'.repeat(2_000), rejects: 'is HTML that is nested too deeply' },
  ],
});

const tag = /<(\/?)([a-z][\w:-]*)(?=[\s/>])/gi;

/** Elements that hold nothing (https://html.spec.whatwg.org/multipage/syntax.html#void-elements). */
const empty = /^(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/i;

/**
 * Whether more elements may be open at once than the converter bears. An end counts for an element
 * of its name only, as in HTML, so that at least as many are counted as are open.
 */
function isTooDeep(html: string): boolean {
  const open = new Map<string, number>();
  let depth = 0;
  for (const [, end, name = ''] of html.matchAll(tag)) {
    if (empty.test(name)) continue;
    const known = open.get(name.toLowerCase()) ?? 0;
    const change = end === '' ? 1 : -Math.min(known, 1);
    open.set(name.toLowerCase(), known + change);
    depth += change;
    if (depth > deepest) return true;
  }
  return false;
}
