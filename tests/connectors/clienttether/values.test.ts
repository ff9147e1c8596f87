import { expect, it } from 'vitest';
import {
  parseCount,
  parseLabel,
  parsePercent,
  formatPersonName,
} from '#lib/connectors/clienttether/values.ts';

it('reads counts and percentages, and takes other text for none', () => {
  expect(['3', ' 2.0 ', '0', 'two', '2-3', '', '-1', null].map(parseCount)).toEqual([
    3,
    2,
    0,
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(parsePercent('33.333333')).toBe(33.333333);
  expect(parsePercent('0.33333333')).toBe(33.333333);
  expect(['60', '60 %', '0.6', '1', '0', '100', '101', 'high', '', null].map(parsePercent)).toEqual(
    [60, 60, 60, 1, 0, 100, null, null, null, null],
  );
});

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
