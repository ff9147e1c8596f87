import { expect, it } from 'vitest';
import { validate, version } from 'uuid';
import { newId } from '#lib/platform/id.ts';

it('ids are of version 7, and each is greater than the one before', () => {
  const ids = Array.from({ length: 20_000 }, newId);
  expect(ids.filter((id) => !validate(id) || version(id) !== 7)).toEqual([]);
  expect(ids.toSorted()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(ids.length);
});
