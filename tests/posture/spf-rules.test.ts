import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSpf, parseSpf } from '../../src/lib/posture/spf/parse.ts';
import { walkSpf } from '../../src/lib/posture/spf/walk.ts';
import { domain, recordLike } from './generators.ts';
import { receive } from './spf-receiver.ts';
import { counted, empty, hosts, nameOf, spread, worlds, zoneOf } from './spf-worlds.ts';
import { askZones } from './world.ts';

describe('SPF records', () => {
  const term = fc.oneof(
    domain.map((name) => `include:${name}`),
    fc
      .tuple(
        fc.constantFrom('a', 'mx'),
        fc.option(domain),
        fc.option(fc.integer({ min: 0, max: 32 })),
      )
      .map(
        ([name, target, length]) =>
          `${name}${target === null ? '' : `:${target}`}${length === null ? '' : `/${length}`}`,
      ),
    fc.ipV4().map((address) => `ip4:${address}`),
    fc.ipV6().map((address) => `ip6:${address}`),
    fc.constantFrom(
      'ptr',
      'exists:%{i}._spf.example.com',
      'ip4:192.0.2.0/24',
      'ip6:2001:db8::/32',
      'a:example.com/24//64',
    ),
  );

  it('are read whatever they hold: each term is known, named as wrong, or a modifier', () => {
    const wild = recordLike(
      'v=spf1',
      ' ',
      'include:',
      'redirect=',
      '-all',
      '%{',
      '/',
      '//33',
      'a:',
      'ip4:999.1.1.1',
      'exists:',
      '\u0000',
    );
    fc.assert(
      fc.property(wild, (text) => {
        const { mechanisms, invalidTerms: wrong, redirect } = parseSpf(`v=spf1 ${text}`);
        const words = text.split(' ').filter((word) => word !== '');
        const modifiers = words.filter((word) => /^[a-z][\w.-]*=/i.test(word));
        const read = mechanisms.length + wrong.length + (redirect === null ? 0 : 1);
        expect(words).toEqual(expect.arrayContaining(wrong));
        expect(read).toBeLessThanOrEqual(words.length);
        expect(read).toBeGreaterThanOrEqual(words.length - modifiers.length);
      }),
      { numRuns: 200 },
    );
  });

  it('are read in full when they are well written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('', '+', '-', '~', '?'), term), { maxLength: 12 }),
        (terms) => {
          const words = ['v=spf1', ...terms.map((parts) => parts.join('')), 'x-note=hello'];
          const text = words.join(' ');
          expect(isSpf(text)).toBe(true);
          const { mechanisms, invalidTerms: wrong } = parseSpf(text);
          expect(wrong).toEqual([]);
          expect(mechanisms.map(({ qualifier }) => qualifier)).toEqual(
            terms.map(([sign]) => sign || '+'),
          );
        },
      ),
    );
  });
});

async function walked(records: string[][]) {
  const zones = [zoneOf(records), hosts];
  const { query, asked } = askZones(zones);
  const text = ['v=spf1', ...(records[0] ?? [])].join(' ');
  const walk = await walkSpf(nameOf(0), text, query);
  return { walk, asked, codes: walk.findings.map(({ code }) => code), zones };
}

/** How the walk names what a receiver stops at. */
const codeOf = {
  lookups: 'spf.too_many_lookups',
  voids: 'spf.too_many_void_lookups',
  mx: 'spf.too_many_mx',
  syntax: 'spf.syntax',
  'target without record': expect.stringMatching(/^spf\.\w+_without_record$/) as string,
  'target with several records': expect.stringMatching(/^spf\.\w+_several_records$/) as string,
};

describe('the limits of SPF (RFC 7208, section 4.6.4)', () => {
  it('are ten terms that query the DNS, wherever in the records they stand', async () => {
    await fc.assert(
      fc.asyncProperty(spread(counted, { min: 5, max: 13 }), async ({ records, terms, links }) => {
        const { walk, codes } = await walked(records);
        const isOver = terms + links > 10;
        expect(walk).toMatchObject({ lookups: terms + links, voidLookups: 0, broken: isOver });
        expect(codes.includes('spf.too_many_lookups')).toBe(isOver);
      }),
      { numRuns: 200 },
    );
  });

  it('are two of them that find nothing', async () => {
    await fc.assert(
      fc.asyncProperty(spread(empty, { min: 0, max: 5 }), async ({ records, terms, links }) => {
        const { walk, codes } = await walked(records);
        expect(walk).toMatchObject({
          lookups: terms + links,
          voidLookups: terms,
          broken: terms > 2,
        });
        expect(codes.includes('spf.too_many_void_lookups')).toBe(terms > 2);
      }),
      { numRuns: 200 },
    );
  });

  it.each(['include:', 'redirect='])('end circles of any length: %s', async (how) => {
    for (let length = 1; length <= 12; length += 1) {
      const circle = Array.from({ length }, (_, index) => [how + nameOf((index + 1) % length)]);
      const { walk, codes, zones } = await walked(circle);
      expect(walk).toMatchObject({ lookups: length, broken: true });
      expect(codes).toContain('spf.loop');
      expect(receive(zones, nameOf(0)).permerror).toBe('lookups');
    }
  });

  it('end the counting, too, where records include each other in ever more ways', async () => {
    for (const ways of [2, 3, 4]) {
      const levels = Array.from({ length: 8 }, (_, index) =>
        Array.from({ length: ways }, () => `include:${nameOf(index + 1)}`),
      );
      const { walk, asked } = await walked([...levels, ['-all']]);
      expect(walk).toMatchObject({ lookups: 30, broken: true });
      // Each include is asked for once ahead and once in its turn.
      expect(asked.length).toBeLessThanOrEqual(30 * (ways + 1));
    }
  });

  it('give the verdict of a receiver on whatever records lead to each other', async () => {
    const outcomes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(worlds, async (records) => {
        const { walk, codes, zones } = await walked(records);
        const receiver = receive(zones, nameOf(0));
        outcomes.set(
          String(receiver.permerror),
          (outcomes.get(String(receiver.permerror)) ?? 0) + 1,
        );
        expect(walk.broken, String(receiver.permerror)).toBe(receiver.permerror !== null);
        if (receiver.permerror === null) {
          const { lookups, voids: voidLookups, rest: all } = receiver;
          expect(walk).toMatchObject({ lookups, voidLookups, all, incomplete: false });
        } else if (!codes.includes('spf.loop')) {
          expect(codes).toEqual(expect.arrayContaining([codeOf[receiver.permerror]]));
          expect(walk.lookups).toBeGreaterThanOrEqual(receiver.lookups);
        }
      }),
      { numRuns: 600 },
    );
    // The worlds are of all sorts: each outcome that a receiver knows is among them.
    expect([...outcomes.keys()].toSorted()).toEqual(['null', ...Object.keys(codeOf)].toSorted());
  });
});
