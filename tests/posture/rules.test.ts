import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zoneFor, type Zone } from '../../sandbox/dns/index.ts';
import { infrastructure } from '../../sandbox/dns/infrastructure.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { isDmarc, parseDmarc } from '../../src/lib/posture/dmarc/parse.ts';
import { listWalkDomains } from '../../src/lib/posture/dmarc/walk.ts';
import { parseMailDomain } from '../../src/lib/posture/domain.ts';
import { parseStsPolicy } from '../../src/lib/posture/mta-sts.ts';
import { findMailProvider, providers } from '../../src/lib/posture/mx/providers.ts';
import { scanLimits } from '#lib/posture/query-limit.ts';
import { scanDomain } from '../../src/lib/posture/scan.ts';
import { domain, label, recordLike } from './generators.ts';
import { askZones, checksOf, verdictsOf } from './world.ts';

describe('DMARC records', () => {
  const policy = fc.constantFrom('none', 'quarantine', 'reject', 'Reject', 'bogus', '');

  it('are read whatever they hold', () => {
    fc.assert(
      fc.property(
        recordLike(
          'v=DMARC1;',
          'p=reject;',
          'sp=',
          'np=none',
          ';',
          '=',
          'rua=mailto:a@b.test',
          't=y',
          'psd=y',
          'pct=1',
        ),
        (text) => {
          const { policy: own, subdomains, absent, ignored, recovered } = parseDmarc(text);
          for (const one of [own, subdomains, absent])
            expect(['none', 'quarantine', 'reject']).toContain(one);
          expect(ignored && recovered).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('with a wrong policy count as none when they name a place for reports, else not at all', () => {
    fc.assert(
      fc.property(
        policy,
        fc.option(policy),
        fc.option(policy),
        fc.boolean(),
        (p, sp, np, reports) => {
          const text = `v=DMARC1; p=${p}${sp === null ? '' : `; sp=${sp}`}${np === null ? '' : `; np=${np}`}${reports ? '; rua=mailto:a@b.test!10m' : ''}`;
          const valid = [p, ...[sp, np].filter((value) => value !== null)].every((value) =>
            /^(none|quarantine|reject)$/i.test(value),
          );
          const read = parseDmarc(text);
          expect(isDmarc(text)).toBe(true);
          expect([read.ignored, read.recovered]).toEqual([!valid && !reports, !valid && reports]);
          expect(read.policy).toBe(valid ? p.toLowerCase() : 'none');
        },
      ),
    );
  });

  it('are looked for at eight names at most, from the domain up to the last label', () => {
    fc.assert(
      fc.property(domain, (name) => {
        const targets = listWalkDomains(name);
        expect(targets.length).toBe(Math.min(8, name.split('.').length));
        expect([targets[0], targets.at(-1)]).toEqual([name, name.split('.').at(-1)]);
        for (const target of targets) expect(`.${name}`.endsWith(`.${target}`)).toBe(true);
      }),
    );
  });
});

describe('mail providers', () => {
  const suffixes = providers.flatMap(({ key, suffixes: all }) =>
    all.map((suffix) => [suffix, key] as const),
  );

  it.each(suffixes)('%s is %s, label by label', (suffix, key) => {
    for (const host of [suffix, `mx.${suffix}`, `A.B.${suffix.toUpperCase()}.`])
      expect(findMailProvider(host)?.key).toBe(key);
    for (const host of [`not${suffix}`, `${suffix}.evil.example`, `${suffix}x`])
      expect(findMailProvider(host)?.key).not.toBe(key);
  });

  it('have one key each', () => {
    expect(new Set(providers.map(({ key }) => key)).size).toBe(providers.length);
    expect(new Set(suffixes.map(([suffix]) => suffix)).size).toBe(suffixes.length);
  });
});

describe('names and policies', () => {
  it('are refused as a Problem or come out in a form that stays the same', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          domain,
          fc.domain(),
          fc.string({ unit: 'binary', maxLength: 40 }),
          fc.webUrl(),
          fc.ipV4(),
        ),
        (text) => {
          try {
            const name = parseMailDomain(text);
            expect(name).toMatch(/^[a-z0-9.-]{3,253}$/);
            expect(parseMailDomain(name)).toBe(name);
          } catch (error) {
            expect(error).toBeInstanceOf(Problem);
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(parseMailDomain('Bücher.Example')).toBe('xn--bcher-kva.example');
  });

  it('of MTA-STS are read when nothing that senders need is missing, and else not at all', () => {
    const policy = fc.record({
      mode: fc.constantFrom('enforce', 'testing', 'none'),
      hosts: fc.array(domain, { maxLength: 3 }),
      maxAge: fc.integer({ min: 0, max: 31_557_600 }),
      gap: fc.constantFrom(null, null, null, 'version', 'mode', 'max_age'),
      newline: fc.constantFrom('\n', '\r\n'),
      isMxFirst: fc.boolean(),
    });
    fc.assert(
      fc.property(policy, ({ mode, hosts, maxAge, gap, newline, isMxFirst }) => {
        const fields = ['version: STSv1', `mode: ${mode}`, `max_age: ${maxAge}`].filter(
          (line) => gap === null || !line.startsWith(gap),
        );
        const mx = hosts.map((host) => `mx: ${host}`);
        const lines = isMxFirst ? [...mx, ...fields] : [...fields, ...mx];
        const isWhole = gap === null && (mode === 'none' || hosts.length > 0);
        expect(parseStsPolicy(lines.join(newline))).toEqual(
          isWhole ? { mode, hosts, maxAge } : null,
        );
      }),
    );
    fc.assert(
      fc.property(
        recordLike('version: STSv1\n', 'mode: enforce\r\n', 'mx: *.a.test\n', 'max_age: 1\n', ':'),
        // Whatever it holds: no answer of a stranger may throw.
        (text) => {
          expect([undefined, 'enforce']).toContain(parseStsPolicy(text)?.mode);
        },
      ),
    );
    expect(
      parseStsPolicy(
        'version: STSv1\r\nmode: enforce\r\nmx: mail.a.test\r\nmx: *.b.test\r\nmax_age: 604800\r\n',
      ),
    ).toEqual({ mode: 'enforce', hosts: ['mail.a.test', '*.b.test'], maxAge: 604_800 });
  });
});

describe('what nobody answers', () => {
  const company = fc
    .tuple(label, fc.integer({ min: 0, max: 5000 }))
    .map(([name, seed]) => ({ name: `${name}.example`, seed: String(seed) }));

  it('is never missing: of any company, whichever questions fail', async () => {
    await fc.assert(
      fc.asyncProperty(
        company,
        fc.func(fc.integer({ min: 0, max: 3 })),
        async ({ name, seed }, roll) => {
          const zones = [zoneFor(name, seed), infrastructure()];
          const clean = verdictsOf(await scanDomain(name, { resolver: askZones(zones) }));
          const { query, asked } = askZones(zones, {
            fails: (...question) => roll(question.join(' ')) === 0,
          });
          const faulty = await scanDomain(name, { resolver: { query: query } });
          expect(asked.length).toBeLessThanOrEqual(scanLimits.maxQueries);
          expect(asked.length).toBe(new Set(asked).size);
          for (const [key, verdict] of Object.entries(verdictsOf(faulty)))
            if (verdict === 'missing') expect(['missing', 'not_applicable']).toContain(clean[key]);
          for (const { findings, records } of Object.values(checksOf(faulty)))
            for (const text of [...findings.map(({ message }) => message), ...records])
              expect(text.length).toBeLessThanOrEqual(1000);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('and what strangers write keeps evidence small and fit to be stored', async () => {
    const hostile = recordLike(
      'v=spf1 ',
      'include:a.evil.test ',
      'v=DMARC1; p=reject; rua=mailto:a@b.test,',
      'mailto:\u0000@x,',
      'v=DKIM1; ',
      'k=\u0001; p=AAAA',
      'x'.repeat(3000),
      '\ud800',
      'v=STSv1; id=1',
      'v=BIMI1; l=https://',
      'v=TLSRPTv1; rua=',
      ';',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 4 }), async (txt) => {
        const mx = Array.from({ length: 200 }, (_, index): [number, string] => [
          index,
          `mx${index}.evil.test`,
        ]);
        const zone: Zone = {
          'evil.test': { mx, txt },
          '*.evil.test': { txt },
          ...Object.fromEntries(
            [
              '_dmarc',
              '_mta-sts',
              '_smtp._tls',
              'default._bimi',
              'mail._domainkey',
              's1._domainkey',
            ].map((name) => [`${name}.evil.test`, { txt: txt.slice(0, 1) }]),
          ),
        };
        const text = JSON.stringify(await scanDomain('evil.test', { resolver: askZones([zone]) }));
        expect(text.length).toBeLessThan(150_000);
        expect(text).not.toMatch(/\\u0000|\\ud[89a-f]/);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves everything unknown when nothing is answered', async () => {
    const { query, asked } = askZones([zoneFor('acme.example', '1')], { fails: () => true });
    const evidence = await scanDomain('acme.example', { resolver: { query: query } });
    expect(new Set(Object.values(verdictsOf(evidence)))).toEqual(new Set(['unknown']));
    expect(asked.length).toBe(3);
  });
});
