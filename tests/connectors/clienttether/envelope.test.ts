import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvelope } from '#lib/connectors/clienttether/envelope.ts';

const keys = fc.constantFrom('ResultCode', 'resultCode', 'result_code', 'RESULTCODE');
const spelled = (code: string) => fc.constantFrom(`CT_${code}`, `CT${code}`, `ct_${code}`);

describe('parseEnvelope', () => {
  it('finds the items in any spelling and nesting', () => {
    const nested = fc.array(fc.array(fc.record({ id: fc.string() })));
    fc.assert(
      fc.property(keys, spelled('200'), nested, fc.boolean(), (key, code, lists, flat) => {
        const data = flat ? lists.flat() : lists;
        expect(
          parseEnvelope(JSON.stringify({ [key]: code, Message: 'Success', data })).items,
        ).toEqual(lists.flat());
      }),
    );
  });

  it('reads "nothing found" as an empty list in any spelling', () => {
    fc.assert(
      fc.property(keys, spelled('515'), (key, code) => {
        expect(
          parseEnvelope(
            JSON.stringify({ [key]: code, Message: 'No Record Found', client_id: false }),
          ),
        ).toEqual({ items: [], places: 0, total: 0 });
      }),
    );
  });

  it.each([
    ['7', 7],
    [7, 7],
    [0, 0],
    ['', undefined],
    [false, undefined],
    [-1, undefined],
    ['many', undefined],
  ])('reads the total %j', (TotalRecord, total) => {
    expect(
      parseEnvelope(JSON.stringify({ ResultCode: 'CT_200', TotalRecord, data: [] })).total,
    ).toBe(total);
  });

  it('keeps ids beyond 2^53', () => {
    expect(
      parseEnvelope('{"ResultCode":"CT_200","data":[{"client_id":9007199254740993}]}').items,
    ).toEqual([{ client_id: '9007199254740993' }]);
  });

  it.each([
    ['CT_401', 'auth'],
    ['CT403', 'auth'],
    ['CT_404', 'gone'],
    ['CT_429', 'rate_limited'],
    ['CT500', 'transient'],
    ['CT_512', 'malformed'],
    ['', 'malformed'],
  ])('takes result code %j for %s', (ResultCode, kind) => {
    expect(() => parseEnvelope(JSON.stringify({ ResultCode, data: [] }))).toThrow(
      expect.objectContaining({ name: 'RemoteError', kind }),
    );
  });

  it('answers any other text with RemoteError, never quoting it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseEnvelope(text);
          expect.unreachable();
        } catch (error) {
          expect(error).toMatchObject({ name: 'RemoteError', kind: 'malformed' });
          if (text.length > 12) expect(String(error)).not.toContain(text);
        }
      }),
    );
  });
});
