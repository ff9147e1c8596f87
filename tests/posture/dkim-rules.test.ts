import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { publicKeys } from '../../sandbox/dns/keys.ts';
import { checkDkim } from '../../src/lib/posture/dkim/check.ts';
import { parseDkimKey } from '../../src/lib/posture/dkim/key.ts';
import { recordLike } from './generators.ts';
import { askZones, codesOf } from './world.ts';

/** Every size around the limits of RFC 8301: below 1024 bits is refused, 2048 is advised. */
const sizes = [512, 768, 1016, 1023, 1024, 1025, 1536, 2040, 2047, 2048, 2049, 3072];
const spki = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
const rsaKeys = sizes.map((modulusLength) => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength });
  return {
    bits: modulusBits(publicKey),
    wrapped: spki(publicKey),
    bare: publicKey.export({ format: 'der', type: 'pkcs1' }),
  };
});
/** RFC 8463 publishes the 32 bytes of the key alone, which end its SubjectPublicKeyInfo. */
const ed25519 = spki(generateKeyPairSync('ed25519').publicKey).subarray(-32);
const alien = [
  spki(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey),
  spki(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey),
];

/** Counted in the modulus itself: OpenSSL makes some odd sizes a bit shorter than asked. */
function modulusBits(key: KeyObject): number {
  const { n = '' } = key.export({ format: 'jwk' });
  return BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`).toString(2).length;
}

/** A key as it stands in a record: its type, its bytes, and its size if it is an RSA key. */
interface Published {
  type: 'rsa' | 'ed25519';
  bytes: Buffer;
  bits: number | null;
}

const rsaKey = fc
  .tuple(fc.constantFrom(...rsaKeys), fc.boolean())
  .map(([{ bits, wrapped, bare }, isBare]): Published => ({
    type: 'rsa',
    bits,
    bytes: isBare ? bare : wrapped,
  }));
const ed25519Key = fc.constant<Published>({ type: 'ed25519', bits: null, bytes: ed25519 });
const key = fc.oneof({ weight: 4, arbitrary: rsaKey }, { weight: 1, arbitrary: ed25519Key });

/** The tags of a record in any order but for the version, with spaces where they may be. */
const writing = fc.record({
  version: fc.boolean(),
  namesType: fc.boolean(),
  flags: fc.subarray(['y', 's', 'x']),
  more: fc.subarray(['h=sha256', 's=email', 'n=a note']),
  ranks: fc.array(fc.nat(), { minLength: 6, maxLength: 6 }),
  space: fc.constantFrom('', ' ', '\t '),
});
type Writing = typeof writing extends fc.Arbitrary<infer Value> ? Value : never;

function recordOf(type: string, base64: string, written: Writing): string {
  const { version, namesType, flags, more, ranks, space } = written;
  const tags = [
    `p${space}=${space}${base64.replaceAll(/(.{60})/g, `$1${space}`)}`,
    ...(namesType || type !== 'rsa' ? [`k=${type}`] : []),
    ...(flags.length > 0 ? [`t=${flags.join(`${space}:`)}`] : []),
    ...more,
  ];
  const shuffled = tags
    .map((tag, index) => ({ tag, rank: ranks[index] ?? 0 }))
    .toSorted((one, other) => one.rank - other.rank)
    .map(({ tag }) => tag);
  return [...(version ? ['v=DKIM1'] : []), ...shuffled].join(`${space};${space}`);
}

/** RFC 8301 for one live key; a key under test is never relied on. */
function gradeOf(bits: number | null, isTesting: boolean): 'good' | 'weak' | 'bad' {
  if (bits !== null && bits < 1024) return 'bad';
  return isTesting || (bits !== null && bits < 2048) ? 'weak' : 'good';
}

function verdictOf(grades: string[]): string {
  if (grades.length === 0) return 'unknown';
  return new Set(grades).size === 1 ? String(grades[0]) : 'weak';
}

/** A record whose key cannot be read: cut, overwritten, too long, or not of the type it says. */
const damaged = fc.oneof(
  fc.tuple(rsaKey, fc.double({ min: 0, max: 0.999, noNaN: true })).map(([{ bytes }, share]) => ({
    type: 'rsa',
    bytes: bytes.subarray(0, 1 + Math.floor((bytes.length - 1) * share)),
  })),
  fc.tuple(rsaKey, fc.integer({ min: 1, max: 255 })).map(([{ bytes }, mask]) => ({
    type: 'rsa',
    bytes: Buffer.concat([Buffer.from([(bytes[0] ?? 0) ^ mask]), bytes.subarray(1)]),
  })),
  fc
    .uint8Array({ minLength: 1, maxLength: 70 })
    .filter(({ length }) => length !== 32)
    .map((bytes) => ({ type: 'ed25519', bytes: Buffer.from(bytes) })),
  rsaKey.map(({ bytes }) => ({ type: 'ed25519', bytes })),
  fc.tuple(fc.constantFrom('dsa', 'rsa2', 'x'), key).map(([type, { bytes }]) => ({ type, bytes })),
  fc.constantFrom(ed25519, ...alien).map((bytes) => ({ type: 'rsa', bytes })),
);

/** What a scan says of a domain that publishes these records under selectors of large senders. */
function checked(records: string[]) {
  const selectors = ['google', 'selector1', 'mail', 'k1'];
  const zone = Object.fromEntries(
    records.map((text, index) => [`${selectors[index]}._domainkey.acme.test`, { txt: [text] }]),
  );
  return checkDkim('acme.test', { query: askZones([zone]).query, now: () => new Date() });
}

describe('DKIM keys', () => {
  it.each([
    ['rsa512', 512],
    ['rsa1024', 1024],
    ['rsa2048', 2048],
    ['rsa2048Bare', 2048],
  ] as const)('have their size read: %s', (name, bits) => {
    const spaced = publicKeys[name].replaceAll(/(.{60})/g, '$1 ');
    expect(parseDkimKey(`k=rsa ; p = ${spaced}`)).toEqual({
      keyType: 'rsa',
      bits,
      revoked: false,
      testing: false,
      malformed: false,
    });
  });

  it('have type, size and flags read, whatever the order and the spaces', () => {
    fc.assert(
      fc.property(key, writing, ({ type, bytes, bits }, written) => {
        const text = recordOf(type, bytes.toString('base64'), written);
        const testing = written.flags.includes('y');
        expect(parseDkimKey(text)).toEqual({
          keyType: type,
          bits,
          revoked: false,
          testing,
          malformed: false,
        });
      }),
      { numRuns: 200 },
    );
  });

  it('are good from 2048 bits on, weak from 1024 or under test or mixed, and bad below', async () => {
    const published = fc.record({
      key,
      writing,
      revoked: fc.constantFrom(false, false, false, true),
    });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.array(published, { minLength: 1, maxLength: 4 }), async (all) => {
        const check = await checked(
          all.map(({ key: { type, bytes }, writing: written, revoked }) =>
            recordOf(type, revoked ? '' : bytes.toString('base64'), written),
          ),
        );
        const grades = all
          .filter(({ revoked }) => !revoked)
          .map(({ key: { bits }, writing: { flags } }) => gradeOf(bits, flags.includes('y')));
        expect(check.verdict).toBe(verdictOf(grades));
        expect(check.selectors.map(({ bits }) => bits)).toEqual(
          all.map(({ key: { bits }, revoked }) => (revoked ? null : bits)),
        );
        seen.add(check.verdict);
      }),
      { numRuns: 300 },
    );
    expect([...seen].toSorted()).toEqual(['bad', 'good', 'unknown', 'weak']);
  });

  it('are never good once they are damaged', async () => {
    await fc.assert(
      fc.asyncProperty(damaged, writing, async ({ type, bytes }, written) => {
        const check = await checked([recordOf(type, bytes.toString('base64'), written)]);
        expect(check.verdict).toBe('bad');
        expect(codesOf(check)[0]).toBe('dkim.malformed_key');
        expect(check.selectors[0]?.bits).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it('are none in a record of another version or without a key', async () => {
    await fc.assert(
      fc.asyncProperty(key, writing, fc.boolean(), async ({ type, bytes }, written, isOld) => {
        const text = recordOf(type, bytes.toString('base64'), { ...written, version: false });
        const check = await checked([
          isOld ? `v=DKIM2; ${text}` : text.replace(/(^|[;\s])p(?=\s*=)/, '$1q'),
        ]);
        expect(check).toMatchObject({ verdict: 'unknown', selectors: [] });
      }),
    );
  });

  it('are read whatever stands there, and good only when a good key does', async () => {
    const wild = recordLike(
      'v=DKIM1;',
      'k=rsa;',
      'k=ed25519;',
      'p=',
      ';',
      't=y',
      publicKeys.rsa1024,
      publicKeys.ed25519,
      'AAAA',
    );
    await fc.assert(
      fc.asyncProperty(wild, async (text) => {
        const read = parseDkimKey(text);
        if (read === null || read.revoked || read.malformed) expect(read?.bits ?? null).toBeNull();
        else if (read.keyType === 'rsa') expect(text).toContain(publicKeys.rsa1024);
        const isGood = (await checked([text])).verdict === 'good';
        expect(isGood).toBe(
          read?.keyType === 'ed25519' && !read.malformed && !read.revoked && !read.testing,
        );
      }),
      { numRuns: 200 },
    );
  });
});
