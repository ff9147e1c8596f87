import { decodeHTMLStrict } from 'entities';
import { compile } from 'html-to-text';

/**
 * Names of elements that people's editors and mail programs write, as alternatives of a pattern.
 */
const BLOCKS =
  'address|article|aside|blockquote|body|br|center|dd|div|dl|dt|fieldset|figcaption|figure|footer|' +
  'form|h[1-6]|head|header|hr|html|li|main|nav|ol|p|pre|section|table|tbody|td|tfoot|th|thead|tr|ul';
const INLINE =
  'a|abbr|acronym|b|bdi|bdo|big|button|cite|code|col|colgroup|del|dfn|em|font|i|iframe|img|input|ins|' +
  'kbd|label|link|mark|meta|noscript|o:p|object|picture|q|s|samp|script|select|small|source|span|' +
  'strike|strong|style|sub|sup|svg|time|title|tt|u|var|video|wbr';
const NAMES = `${BLOCKS}|${INLINE}`;
/**
 * A tag as editors write it, with values for its attributes: neither `<john@x.test>` nor the
 * letters in "a <b and c> d" make text HTML.
 */
const ATTRIBUTE = '\\s+[\\w:.-]+\\s*=\\s*(?:"[^"]*"|\'[^\']*\'|[^\\s"\'<>]+)';
const MARKUP = new RegExp(`</?(?:${NAMES})(?:${ATTRIBUTE})*\\s*/?>|<!--|<!doctype`, 'i');
/** Any tag in text that is HTML. */
const tagOf = (names: string) => `/?(?:${names})(?:\\s[^<>]*)?/?>`;
const BLOCK_TAG = new RegExp(`<${tagOf(BLOCKS)}`, 'i');
const STRAY_BRACKET = new RegExp(`<(?!${tagOf(NAMES)}|!--|!doctype)`, 'gi');
/** An ampersand that begins no character reference. */
const STRAY_AMPERSAND = /&(?!(?:#\d+|#x[\da-f]+|[a-z][\da-z]*);)/gi;

const convertHtml = compile({
  wordwrap: false,
  selectors: [
    { selector: 'a', options: { ignoreHref: true } },
    { selector: 'img', format: 'skip' },
    ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map((selector) => ({
      selector,
      options: { uppercase: false },
    })),
  ],
});

/**
 * HTML or plain text as plain text. Text is HTML only when it holds a tag of HTML: an address in
 * angle brackets, a comparison or an ampersand does not make it so. What is in such brackets is
 * kept in HTML as well, and so are line breaks where no tag makes lines. Character references are
 * decoded in both, because PHP encodes plain text, too.
 */
export function toPlainText(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n');
  if (!MARKUP.test(lines)) return decodeHTMLStrict(lines).trim();
  const html = lines.replace(STRAY_BRACKET, '&lt;').replace(STRAY_AMPERSAND, '&amp;');
  return convertHtml(BLOCK_TAG.test(html) ? html : html.replaceAll('\n', '<br>'));
}
