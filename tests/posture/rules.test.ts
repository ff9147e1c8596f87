import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zoneFor, type Zone } from '../../sandbox/dns/index.ts';
import { infrastructure } from '../../sandbox/dns/infrastructure.ts';
import { publicKeys } from '../../sandbox/dns/keys.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { parseDkimKey } from '../../src/lib/posture/dkim/key.ts';
import { isDmarc, parseDmarc } from '../../src/lib/posture/dmarc/parse.ts';
import { walkTargets } from '../../src/lib/posture/dmarc/walk.ts';
import { mailDomain } from '../../src/lib/posture/domain.ts';
import { parseStsPolicy } from '../../src/lib/posture/mta-sts.ts';
import { providerOf, providers } from '../../src/lib/posture/mx/providers.ts';
import { scanLimits } from '../../src/lib/posture/questions.ts';
import { scanDomain } from '../../src/lib/posture/scan.ts';
import { isSpf, parseSpf } from '../../src/lib/posture/spf/parse.ts';
import { walkSpf } from '../../src/lib/posture/spf/walk.ts';
import { askZones, checksOf, verdictsOf } from './world.ts';

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
const domain = fc
  .tuple(
    fc.array(label, { minLength: 1, maxLength: 10 }),
    fc.constantFrom('com', 'test', 'co.uk', 'example'),
  )
  .map(([labels, end]) => `${labels.join('.')}.${end}`);
/** Text as a stranger's TXT record may hold it: near to what is meant, or anything. */
const recordLike = (...pieces: string[]) =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc
      .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 12 })), { maxLength: 14 })
      .map((parts) => parts.join('')),
  );

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

  it('are read whatever they hold', () => {
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
        const { mechanisms, wrong } = parseSpf(`v=spf1 ${text}`);
        expect(mechanisms.length + wrong.length).toBeLessThanOrEqual(text.split(' ').length);
      }),
      { numRuns: 100 },
    );
  });

  it('are read in full when they are well written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('', '+', '-', '~', '?'), term), { maxLength: 12 }),
        (terms) => {
          const text = ['v=spf1', ...terms.map((parts) => parts.join('')), 'x-note=hello'].join(
            ' ',
          );
          expect(isSpf(text)).toBe(true);
          const { mechanisms, wrong } = parseSpf(text);
          expect(wrong).toEqual([]);
          expect(mechanisms.map(({ qualifier }) => qualifier)).toEqual(
            terms.map(([sign]) => sign || '+'),
          );
        },
      ),
    );
  });

  it('lead to a bounded number of lookups and an end, however they include each other', async () => {
    const names = ['a.test', 'b.test', 'c.test', 'd.test'];
    const step = fc.oneof(
      fc.constantFrom(...names).map((name) => `include:${name}`),
      fc.constantFrom('a', 'mx', 'a:gone.test', 'exists:%{i}.x', 'ptr', 'nonsense:1'),
    );
    const record = fc
      .tuple(
        fc.array(step, { maxLength: 12 }),
        fc.oneof(
          fc.constantFrom('-all', '~all', ''),
          fc.constantFrom(...names).map((name) => `redirect=${name}`),
        ),
      )
      .map(([steps, end]) => ['v=spf1', ...steps, end].join(' '));
    await fc.assert(
      fc.asyncProperty(fc.tuple(record, record, record, record), async (records) => {
        const zone: Zone = Object.fromEntries(
          names.map((name, index) => [name, { txt: [records[index] ?? ''] }]),
        );
        const { ask, asked } = askZones([zone]);
        const walk = await walkSpf('a.test', records[0], ask);
        expect(walk.lookups).toBeLessThanOrEqual(30);
        expect(asked.length).toBeLessThan(200);
        if (walk.lookups > 10 || walk.voidLookups > 2) expect(walk.broken).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('DKIM keys', () => {
  it('are read whatever they hold', () => {
    fc.assert(
      fc.property(
        recordLike(
          'v=DKIM1;',
          'k=rsa;',
          'k=ed25519;',
          'p=',
          ';',
          't=y',
          publicKeys.rsa1024,
          publicKeys.ed25519,
          'AAAA',
        ),
        (text) => {
          const key = parseDkimKey(text);
          if (key !== null) expect(key.revoked && key.bits !== null).toBe(false);
        },
      ),
      { numRuns: 100 },
    );
  });

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
});

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
        const targets = walkTargets(name);
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
      expect(providerOf(host)?.key).toBe(key);
    for (const host of [`not${suffix}`, `${suffix}.evil.example`, `${suffix}x`])
      expect(providerOf(host)?.key).not.toBe(key);
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
            const name = mailDomain(text);
            expect(name).toMatch(/^[a-z0-9.-]{3,253}$/);
            expect(mailDomain(name)).toBe(name);
          } catch (error) {
            expect(error).toBeInstanceOf(Problem);
          }
        },
      ),
      { numRuns: 100 },
    );
    expect(mailDomain('Bücher.Example')).toBe('xn--bcher-kva.example');
  });

  it('of MTA-STS are read whatever they hold', () => {
    fc.assert(
      fc.property(
        recordLike('version: STSv1\n', 'mode: enforce\r\n', 'mx: *.a.test\n', 'max_age: 1\n', ':'),
        (text) => void parseStsPolicy(text),
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
          const { ask, asked } = askZones(zones, {
            fails: (...question) => roll(question.join(' ')) === 0,
          });
          const faulty = await scanDomain(name, { resolver: { ask } });
          expect(asked.length).toBeLessThanOrEqual(scanLimits.questions);
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
    const { ask, asked } = askZones([zoneFor('acme.example', '1')], { fails: () => true });
    const evidence = await scanDomain('acme.example', { resolver: { ask } });
    expect(new Set(Object.values(verdictsOf(evidence)))).toEqual(new Set(['unknown']));
    expect(asked.length).toBe(3);
  });
});
