/** Excel reports a file with longer text as damaged. */
const maxTextLength = 32_767;
const cutMark = '… [truncated: the CSV export has the full text]';

/** What XML 1.0 cannot hold: most control characters, lone surrogates and two noncharacters. */
const illegal = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
/** The end of each line in a cell; a bare CR would be one in no spreadsheet. */
const lineEnd = /\r\n?/g;
/** Stands for a character in the files of Excel, so that the text itself must not look like it. */
const escapeStart = /_(?=x[0-9a-f]{4}_)/gi;

/** One look tells that nothing of a text has to be replaced: so it is with nearly all cells. */
const plain = /^[\t\n\u0020-%'-;=?-^`-\uD7FF\uE000-\uFFFD]*$/;

/**
 * The text of a cell as XML: at most as long as Excel reads, without what XML cannot hold, and with
 * `_x0041_` written as `_x005F_x0041_`, because readers would make an "A" of it (ECMA-376, part 1,
 * section 22.9.2.19).
 */
export function toXmlText(text: string): string {
  if (text.length <= maxTextLength && plain.test(text)) return text;
  return cut(text.replace(illegal, ''))
    .replace(lineEnd, '\n')
    .replace(escapeStart, '_x005F_')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function cut(text: string): string {
  return text.length > maxTextLength
    ? text.slice(0, maxTextLength - cutMark.length).toWellFormed() + cutMark
    : text;
}
