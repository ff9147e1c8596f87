import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeArray } from '#lib/platform/db/binary-array.ts';
import { useDatabase } from '../../helpers/database.ts';

const db = useDatabase();

/** Text without NUL, which PostgreSQL does not store, and without halves of surrogate pairs. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 40 })
  .map((value) => value.replaceAll('\0', '').toWellFormed());

const types = {
  text,
  uuid: fc.uuid(),
  'timestamp with time zone': fc.date({
    noInvalidDate: true,
    min: new Date('0001-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59.999Z'),
  }),
  json: fc.json(),
  jsonb: fc.array(text).map((value) => JSON.stringify(value)),
};

it.each(Object.entries(types))('an array of %s arrives as it was sent', async (type, value) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.option(value as fc.Arbitrary<unknown>), { minLength: 1 }),
      async (sent) => {
        const rows = await db.query(
          `select place::int, given.value from unnest($1::${type}[]) with ordinality as given (value, place)`,
          [encodeArray(type, sent)],
        );
        const expected = sent.map((each, index) => ({
          place: index + 1,
          value: each !== null && type.startsWith('json') ? JSON.parse(each as string) : each,
        }));
        expect(JSON.stringify(rows)).toBe(JSON.stringify(expected));
      },
    ),
    { numRuns: 60 },
  );
});

it.each([
  ['a type that it does not know', 'numeric(14, 2)', ['1.50']],
  ['an id that is none', 'uuid', ['{01a22ddd-ea53-7532-8cdb-2e53976a3047}']],
  ['a time that is not a date', 'timestamp with time zone', ['infinity']],
])('leaves %s to the text format', (_what, type, values) => {
  expect(encodeArray(type, values)).toBeUndefined();
});
