import { expect, it } from 'vitest';
import { parseLabel, formatPersonName } from '#lib/connectors/clienttether/values.ts';

it('makes one label of spellings in lower case and leaves out placeholders', () => {
  expect(
    [
      'google',
      'Google',
      ' organic  search ',
      'welearnblog_Home',
      'GOOGLE',
      'Select',
      '-- select --',
      '',
      null,
    ].map(parseLabel),
  ).toEqual([
    'Google',
    'Google',
    'Organic Search',
    'welearnblog_Home',
    'GOOGLE',
    null,
    null,
    null,
    null,
  ]);
});

it('does not take placeholder people for names', () => {
  expect(formatPersonName('Rosa', 'Ellery')).toBe('Rosa Ellery');
  expect(formatPersonName(null, 'Ellery')).toBe('Ellery');
  expect(
    ['No Name Text Added', 'No Name Added by Call', 'no name', ' '].map((name) =>
      formatPersonName(name),
    ),
  ).toEqual([null, null, null, null]);
  expect(formatPersonName('No Name', 'Text Added')).toBeNull();
});
