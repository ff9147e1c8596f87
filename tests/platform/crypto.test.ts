import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decrypt,
  encrypt,
  readKeyId,
  parseKeyRing,
  type EncryptionContext,
} from '../../src/lib/platform/crypto.ts';

const key = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
const ring = parseKeyRing([key('new', 2), key('old', 1)]);
const place: EncryptionContext = { tenant: 't', table: 'credentials', row: 'r', column: 'sealed' };

describe('sealed secrets', () => {
  it('open where they belong, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const stored = text.isWellFormed() ? text : text.toWellFormed();
        expect(decrypt(ring, place, encrypt(ring, place, stored))).toBe(stored);
      }),
    );
  });

  it('are refused in another tenant, table, row or column', () => {
    const sealed = encrypt(ring, place, 'secret value');
    for (const field of ['tenant', 'table', 'row', 'column'] as const) {
      expect(() => decrypt(ring, { ...place, [field]: 'other' }, sealed)).toThrow(
        'does not belong here',
      );
    }
  });

  it('are refused after any one bit was flipped', () => {
    const sealed = encrypt(ring, place, 'secret value');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: sealed.length * 8 - 1 }), (bit) => {
        const damaged = Buffer.from(sealed);
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => decrypt(ring, place, damaged)).toThrow();
      }),
      { numRuns: 1000 },
    );
  });

  it('name their key, and the newest key seals', () => {
    const old = encrypt(parseKeyRing([key('old', 1)]), place, 'x');
    expect(readKeyId(old)).toBe('old');
    expect(decrypt(ring, place, old)).toBe('x');
    expect(readKeyId(encrypt(ring, place, 'x'))).toBe('new');
    expect(() => decrypt(parseKeyRing([key('new', 2)]), place, old)).toThrow(
      'not in TRIBUTARY_KEYS',
    );
  });
});
