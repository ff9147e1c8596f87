/**
 * The mark that a note or task carries, as its last line, so that one whose response was lost is
 * found again and not added twice. Whoever reads it there sees where it came from. Pure.
 */
export const toMark = (id: string): string => `[Tributary ${id}]`;

/** Text as a part of HTML. Pure. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
