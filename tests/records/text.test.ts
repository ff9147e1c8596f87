import fc from 'fast-check';
import { expect, it } from 'vitest';
import { tidyLine } from '#lib/records/text.ts';

it.each([
  ['zero width space', 'Google\u200B', 'Google'],
  ['word joiner inside', 'Goo\u2060gle', 'Google'],
  ['byte order mark', '\uFEFFGoogle', 'Google'],
  ['soft hyphen', 'Goo\u00ADgle', 'Google'],
  ['marks of direction', '\u202AGoogle\u202C\u200E', 'Google'],
  ['joiners between Latin letters', 'Goo\u200Dg\u200Cle', 'Google'],
  ['controls', 'Goo\u0000gle\u0007\u0085', 'Google'],
  ['Hangul fillers', '\u3164\u115F\uFFA0', ''],
  ['the blank of Braille', '\u2800', ''],
  ['only invisible characters', '\u200B \u3164', ''],
  ['decomposed letters', 'Sa\u0303o', 'S\u00E3o'],
  ['letters decomposed around an invisible one', 'Sa\u200B\u0303o', 'S\u00E3o'],
  ['blanks of all kinds', '  Google\u00A0\u2003 Ads\n', 'Google Ads'],
  ['a joiner in Persian', 'می\u200Cخواهم', 'می\u200Cخواهم'],
  ['a joiner in Hindi', 'क्\u200Dष', 'क्\u200Dष'],
  ['emoji of several parts', '👩\u200D👧 ❤\uFE0F', '👩\u200D👧 ❤\uFE0F'],
])('%s', (_what, text, tidy) => {
  expect(tidyLine(text)).toBe(tidy);
});

it('gives the same again, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const tidy = tidyLine(text);
      expect(tidyLine(tidy)).toBe(tidy);
      expect(tidy).toBe(tidy.trim());
    }),
    { numRuns: 2_000 },
  );
});
