import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from '#lib/platform/http/json.ts';

describe('parseJson', () => {
  it('keeps integers beyond 2^53 as text, wherever they stand', () => {
    expect(
      parseJson(
        '{"id":9007199254740993,"ids":[ 9223372036854775807,-9007199254740993,\n' +
          '12345678901234567890],"n":9007199254740991}',
      ),
    ).toEqual({
      id: '9007199254740993',
      ids: ['9223372036854775807', '-9007199254740993', '12345678901234567890'],
      n: 9007199254740991,
    });
    expect(parseJson('12345678901234567890')).toBe('12345678901234567890');
  });

  it('leaves digits inside strings and exponents alone', () => {
    const text =
      '{"a":"x:12345678901234567890","b":"12345678901234567890",' +
      '"c":0.1234567890123,"d":1e21,"e\\" : 1234567890123456789":1}';
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  it('keeps fractions that a number would round as text', () => {
    expect(parseJson('[123456789012.345678, 33.33333333333333333, 0.1, 12.5, 1.5e3]')).toEqual([
      '123456789012.345678',
      '33.33333333333333333',
      0.1,
      12.5,
      1500,
    ]);
  });

  it('finds exactly the long integers of any document', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }))),
        (pairs) => {
          const objects = pairs.map(
            ([key, id]) =>
              `{${JSON.stringify(key)}:${id},"text":${JSON.stringify(`${key}:${id}`)}}`,
          );
          const text = `[${objects.join(',')}]`;
          const expected = pairs.map(([key, id]) => {
            const exact = Number.isSafeInteger(Number(id)) ? Number(id) : String(id);
            return key === 'text'
              ? { text: `${key}:${id}` }
              : { [key]: exact, text: `${key}:${id}` };
          });
          expect(JSON.stringify(parseJson(text))).toBe(JSON.stringify(expected));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is JSON.parse for documents without them', () => {
    fc.assert(
      fc.property(
        fc.json().filter((text) => !/\d{16}/.test(text)),
        (text) => {
          expect(parseJson(text)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('throws SyntaxError only, whatever it is given', () => {
    const deep = `${'['.repeat(200_000)}1234567890123456789${']'.repeat(200_000)}`;
    for (const text of [
      '',
      '{',
      '[1,',
      'NaN',
      '12345678901234567890,',
      '\ufeff1234567890123456789',
      deep,
    ]) {
      expect(() => parseJson(text), text.slice(0, 20)).toThrow(SyntaxError);
    }
  });
});
