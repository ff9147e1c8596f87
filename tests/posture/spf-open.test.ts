import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  everybody,
  intersect,
  subtract,
  toNetwork,
  unite,
  type Addresses,
} from '../../src/lib/posture/spf/addresses.ts';
import { checkSpf } from '../../src/lib/posture/spf/check.ts';
import type { Zone } from '../../sandbox/dns/zones.ts';
import { askZones, codesOf } from './world.ts';

const zone: Zone = {
  'open.test': { txt: ['v=spf1 +all'] },
  'deep.test': { txt: ['v=spf1 include:open.test -all'] },
  'away.test': { txt: ['v=spf1 redirect=open.test'] },
  'half.test': { txt: ['v=spf1 ip4:0.0.0.0/1 -all'] },
  'undecided.test': { txt: ['v=spf1 ?all'] },
  'closed.test': { txt: ['v=spf1 ip4:192.0.2.0/24 -all'] },
  'here.test': { a: ['192.0.2.1'], mx: [[1, 'here.test']] },
  'six.test': { aaaa: ['2001:db8::1'] },
};
const check = (terms: string) =>
  checkSpf('acme.test', {
    query: askZones([zone, { 'acme.test': { txt: [`v=spf1 ${terms}`] } }]).query,
    now: () => new Date(),
  });
/** A sixteenth and more of all addresses, none of whose pieces is wider than a /8. */
const everySecond = Array.from({ length: 20 }, (_, index) => `ip4:${index * 2}.0.0.0/8`).join(' ');

describe('a record that lets everybody send', () => {
  it.each([
    'ip4:0.0.0.0/0 -all',
    'ip4:203.0.113.1/0 ~all',
    'ip6:::/0 -all',
    'ip4:0.0.0.0/1 ip4:128.0.0.0/1 -all',
    'ip4:0.0.0.0/2 ip4:64.0.0.0/2 -all',
    'ip6:::/1 ip6:8000::/1 -all',
    'ip6:2000::/3 -all',
    'ip4:1.0.0.0/8 ip4:2.0.0.0/7 ip4:4.0.0.0/6 -all',
    `${everySecond} -all`,
    'include:open.test -all',
    'include:deep.test -all',
    'include:away.test -all',
    'include:half.test ip4:128.0.0.0/1 -all',
    'redirect=deep.test',
    'a:here.test/0 -all',
    'mx:here.test/1 -all',
    'a:six.test//3 -all',
    'exists:here.test -all',
    '-ip4:10.0.0.0/8 ip4:0.0.0.0/0 -all',
  ])('is bad: %s', async (terms) => {
    const spf = await check(terms);
    expect(spf.verdict).toBe('bad');
    expect(spf.findings).toContainEqual(
      expect.objectContaining({ code: 'spf.pass_all', severity: 'error' }),
    );
  });

  it('names the include that does it, once', async () => {
    const { findings } = await check('include:closed.test include:open.test -all');
    expect(findings.map(({ message }) => message)).toEqual([
      'The record allows anybody to send mail on behalf of the domain without saying so. It ' +
        'includes open.test, whose record ends in "+all". List only your own senders, and end the ' +
        'record in -all or ~all.',
    ]);
    expect(codesOf(await check('include:open.test +all'))).toEqual(['spf.pass_all']);
    expect(codesOf(await check('redirect=open.test'))).toEqual(['spf.pass_all']);
  });

  it.each([
    ['ip4:34.0.0.0/9 -all', 'weak', ['spf.wide_range']],
    ['ip4:17.0.0.0/8 -all', 'weak', ['spf.wide_range']],
    ['ip6:2600::/16 -all', 'weak', ['spf.wide_range']],
    ['include:undecided.test ?all', 'weak', ['spf.neutral_all']],
    ['redirect=undecided.test', 'weak', ['spf.neutral_all']],
    ['?include:open.test -all', 'weak', ['spf.neutral_all']],
    ['?ip4:0.0.0.0/0 -all', 'weak', ['spf.neutral_all']],
    [
      'ip4:40.92.0.0/15 ip4:52.100.0.0/14 ip4:40.107.0.0/16 ip6:2a01:111:f400::/48 -all',
      'good',
      [],
    ],
    ['ip6:2001:db8::/20 ip4:10.0.0.0/12 -all', 'good', []],
    ['a:here.test/24 mx:here.test//64 a:six.test/0 -all', 'good', []],
    ['include:closed.test -all', 'good', []],
    ['include:undecided.test -all', 'good', []],
    ['-include:open.test -all', 'good', []],
    ['-all ip4:0.0.0.0/0', 'good', ['spf.after_all']],
    ['-ip4:0.0.0.0/0 ip4:0.0.0.0/0 -all', 'good', []],
    ['~ip4:0.0.0.0/0 -all', 'good', []],
    ['exists:%{i}.x.test -all', 'good', ['spf.macro']],
  ])('is told from others: %s is %s', async (terms, verdict, codes) => {
    const spf = await check(terms);
    expect([spf.verdict, codesOf(spf)]).toEqual([verdict, codes]);
  });
});

describe('sets of addresses', () => {
  const network = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('0.0.0.0', '64.0.0.0', '128.0.0.0', '192.0.0.0', '255.0.0.0'),
        fc.integer({ min: 0, max: 8 }),
      )
      .map(([address, length]) => toNetwork(address, length)),
    fc
      .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
      .map(([address, length]) => toNetwork(address, length)),
    fc
      .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
      .map(([address, length]) => toNetwork(address, length)),
  );
  const set = fc
    .array(network, { maxLength: 5 })
    .map((all) => all.reduce(unite, { four: [], six: [] }));
  const has = ({ four, six }: Addresses, family: 'four' | 'six', address: bigint) =>
    (family === 'four' ? four : six).some(([from, below]) => from <= address && address < below);

  it('are united, subtracted and intersected address by address', () => {
    const edges = ({ four, six }: Addresses) =>
      [
        ...four.flat().map((at) => ['four', at] as const),
        ...six.flat().map((at) => ['six', at] as const),
      ].flatMap(([family, at]) => [-1n, 0n, 1n].map((step) => [family, at + step] as const));
    fc.assert(
      fc.property(set, set, (one, other) => {
        for (const [family, at] of [...edges(one), ...edges(other)]) {
          if (!has(everybody, family, at)) continue;
          const [first, second] = [has(one, family, at), has(other, family, at)];
          expect(has(unite(one, other), family, at)).toBe(first || second);
          expect(has(subtract(one, other), family, at)).toBe(first && !second);
          expect(has(intersect(one, other), family, at)).toBe(first && second);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['::1', 128, 1n],
    ['2001:db8::', 32, 0x20010db8n << 96n],
    ['::ffff:192.0.2.1', 128, 0xffffc0000201n],
    ['1:2:3:4:5:6:7:8', 128, 0x00010002000300040005000600070008n],
    ['fe80::', 10, 0xfe80n << 112n],
  ])('begin at the number of %s', (address, length, from) => {
    expect(toNetwork(address, length).six[0]?.[0]).toBe(from);
  });
});
