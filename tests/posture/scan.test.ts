import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HARD, startDns, type DnsServer } from '../../sandbox/dns/index.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { createNodeResolver, type DnsResolver } from '../../src/lib/posture/resolver.ts';
import { scanDomain } from '../../src/lib/posture/scan.ts';
import type { Evidence } from '../../src/lib/posture/types.ts';
import { checksOf, codesOf, verdictsOf } from './world.ts';

/** Every hard case of the imitated name servers, asked over real UDP and TCP. */
let dns: DnsServer;
let resolver: DnsResolver;
/**
 * Scans of domains that never answer wait for nothing: they are made together, before the others.
 */
const neverAnswer = ['silent', 'wrong-id', 'half-silent', 'spf-include-silent', 'dmarc-silent'];
const waited = new Map<string, Evidence>();
const now = new Date('2026-11-21T12:00:00Z');

beforeAll(async () => {
  dns = await startDns();
  resolver = createNodeResolver({ servers: [dns.address], timeoutMs: 10_000 });
  const hasty = createNodeResolver({ servers: [dns.address], timeoutMs: 1500 });
  const limits = { maxQueries: 160, totalMs: 1000, concurrency: 8 };
  await Promise.all(
    neverAnswer.map(async (name) =>
      waited.set(
        name,
        await scanDomain(`${name}.${HARD}`, { resolver: hasty, now: () => now, limits }),
      ),
    ),
  );
  hasty.close();
});
afterAll(async () => {
  resolver.close();
  await dns.close();
});

const scan = (domain: string): Promise<Evidence> =>
  scanDomain(domain, { resolver, now: () => now });
const hard = async (name: string): Promise<Evidence> => waited.get(name) ?? scan(`${name}.${HARD}`);

describe('name servers that fail', () => {
  it.each([
    ['silent', 'in time'],
    ['wrong-id', 'in time'],
    ['servfail', 'a failure'],
    ['refused', 'refused'],
  ])('%s: everything is unknown and nothing is missing', async (name, words) => {
    const evidence = await hard(name);
    expect(evidence).toMatchObject({ exists: 'unknown', ttlSeconds: 3600 });
    expect(new Set(Object.values(verdictsOf(evidence)))).toEqual(new Set(['unknown']));
    expect(evidence.spf.findings[0]?.message).toContain(words);
    // Nothing further was asked of servers that do not even answer for the domain itself.
    expect(dns.log.filter((asked) => asked.name.endsWith(`.${name}.${HARD}`))).toEqual([]);
  });

  it.each(['half-silent', 'half-servfail'])(
    '%s: what was answered counts, the rest is unknown',
    async (name) => {
      const evidence = await hard(name);
      expect(evidence).toMatchObject({
        exists: true,
        mx: { provider: 'google_workspace', certainty: 'certain' },
        ttlSeconds: 3600,
      });
      expect(verdictsOf(evidence)).toEqual({
        mx: 'good',
        spf: 'unknown',
        dkim: 'unknown',
        dmarc: 'unknown',
        mtaSts: 'unknown',
        tlsRpt: 'unknown',
        bimi: 'unknown',
      });
    },
  );

  it('waits for slow ones', async () => {
    expect(await hard('slow')).toMatchObject({
      mx: { verdict: 'good', provider: 'self_hosted' },
      spf: { verdict: 'good', all: 'fail' },
      ttlSeconds: 86_400,
    });
  });

  it('tells a name without records from a name that is not there', async () => {
    const [empty, gone] = await Promise.all([hard('empty'), hard('gone')]);
    expect([empty.exists, gone.exists]).toEqual([true, false]);
    expect([empty.dkim.verdict, gone.dkim.verdict]).toEqual(['unknown', 'missing']);
    for (const evidence of [empty, gone])
      expect(verdictsOf(evidence)).toMatchObject({
        mx: 'missing',
        spf: 'missing',
        dmarc: 'missing',
        mtaSts: 'not_applicable',
        tlsRpt: 'not_applicable',
      });
  });

  it('fetches over TCP what does not fit into a datagram', async () => {
    expect(await hard('huge-txt')).toMatchObject({
      spf: { verdict: 'good', lookups: 4, records: ['v=spf1 include:_spf.google.com -all'] },
    });
    expect(
      dns.log
        .filter(({ name, type }) => name === `huge-txt.${HARD}` && type === 'TXT')
        .map(({ transport }) => transport),
    ).toEqual(['udp', 'tcp']);
  });

  it('stops at the number of questions and at the time that a scan may cost, and calls the rest unknown', async () => {
    for (const limits of [
      { maxQueries: 5, totalMs: 10_000, concurrency: 8 },
      { maxQueries: 100, totalMs: -1, concurrency: 8 },
    ]) {
      const before = dns.log.length;
      const evidence = await scanDomain(`m365.${HARD}`, { resolver, limits });
      expect(dns.log.length - before).toBeLessThanOrEqual(limits.totalMs < 0 ? 0 : 5);
      expect(evidence.dmarc).toMatchObject({ verdict: 'unknown', policy: null });
    }
  });

  it('asks nothing twice', async () => {
    const before = dns.log.length;
    await hard('spf-loop');
    const asked = dns.log.slice(before).map(({ name, type }) => `${name} ${type}`);
    expect(asked.length).toBe(new Set(asked).size);
  });
});

describe('where mail goes', () => {
  it.each([
    ['m365', null, 'microsoft_365', 'certain'],
    ['m365-new', null, 'microsoft_365', 'certain'],
    ['google-single', null, 'google_workspace', 'certain'],
    ['google-classic', null, 'google_workspace', 'certain'],
    ['proofpoint-m365', 'proofpoint', 'microsoft_365', 'inferred'],
    ['mimecast-google', 'mimecast', 'google_workspace', 'inferred'],
    ['barracuda-unknown', 'barracuda', null, 'unknown'],
    ['look-alike', null, null, 'unknown'],
    ['self', null, 'self_hosted', 'certain'],
  ])('%s: gateway %s, mailboxes at %s (%s)', async (name, gateway, provider, certainty) => {
    expect((await hard(name)).mx).toMatchObject({ gateway, provider, certainty });
  });

  it('says by which signs it inferred the mailboxes behind a gateway', async () => {
    const { message } = (await hard('proofpoint-m365')).mx.findings[0] ?? { message: '' };
    for (const sign of [
      'Proofpoint filters',
      'SPF includes spf.protection.outlook.com',
      'selector1 leads to',
      'autodiscover',
    ])
      expect(message).toContain(sign);
  });

  it.each([
    ['null-mx', { verdict: 'not_applicable', nullMx: true, hosts: [] }, 'mx.null'],
    [
      'implicit-mx',
      { verdict: 'weak', hosts: [{ host: `implicit-mx.${HARD}`, preference: 0 }] },
      'mx.implicit',
    ],
    ['dangling-mx', { verdict: 'bad' }, 'mx.dangling'],
    ['half-dangling-mx', { verdict: 'weak' }, 'mx.dangling'],
    ['address-mx', { verdict: 'bad' }, 'mx.address'],
  ])('%s', async (name, expected, code) => {
    const { mx } = await hard(name);
    expect(mx).toMatchObject(expected);
    expect(codesOf(mx)).toContain(code);
  });
});

describe('SPF', () => {
  it.each([
    ['spf-ten', 'good', 10, null],
    ['spf-eleven', 'bad', 11, 'spf.too_many_lookups'],
    ['spf-nested', 'bad', 12, 'spf.too_many_lookups'],
    ['spf-endless', 'bad', 30, 'spf.too_many_lookups'],
    ['spf-loop', 'bad', 2, 'spf.loop'],
    ['spf-two', 'bad', 0, 'spf.several_records'],
    ['spf-strings', 'good', 0, null],
    ['spf-version', 'missing', 0, 'spf.not_a_record'],
    ['spf-void', 'bad', 3, 'spf.too_many_void_lookups'],
    ['spf-include-nothing', 'bad', 1, 'spf.include_without_record'],
    ['spf-include-two', 'bad', 1, 'spf.include_several_records'],
    ['spf-include-silent', 'unknown', 1, 'spf.part_unanswered'],
    ['spf-redirect', 'good', 1, null],
    ['spf-redirect-nothing', 'bad', 1, 'spf.redirect_without_record'],
    ['spf-redirect-all', 'good', 0, 'spf.redirect_ignored'],
    ['spf-macro', 'good', 2, 'spf.macro'],
    ['spf-ptr', 'weak', 1, 'spf.ptr'],
    ['spf-mx11', 'bad', 1, 'spf.too_many_mx'],
    ['spf-open', 'bad', 1, 'spf.pass_all'],
    ['spf-neutral', 'weak', 0, 'spf.neutral_all'],
    ['spf-no-all', 'weak', 0, 'spf.no_all'],
    ['spf-wrong', 'bad', 0, 'spf.syntax'],
    ['spf-long', 'good', 0, 'spf.long'],
  ])('%s is %s after %i lookups', async (name, verdict, lookups, code) => {
    const { spf } = await hard(name);
    expect(spf).toMatchObject({ verdict, lookups });
    if (code === null) expect(spf.findings).toEqual([]);
    else expect(codesOf(spf)).toContain(code);
  });

  it('takes what "all" says from where a redirect leads', async () => {
    expect((await hard('spf-redirect')).spf.all).toBe('fail');
    expect((await hard('spf-strings')).spf.records).toEqual([
      'v=spf1 ip4:192.0.2.1 ip4:192.0.2.2 -all',
    ]);
  });
});

describe('DKIM', () => {
  const rsa = (selector: string, bits: number | null) => ({
    selector,
    keyType: 'rsa',
    bits,
    revoked: false,
    testing: false,
  });

  it.each([
    [
      'dkim-good',
      'good',
      [rsa('default', 2048), rsa('k1', 2048), { ...rsa('s1', null), keyType: 'ed25519' }],
      [],
    ],
    ['dkim-weak', 'weak', [rsa('default', 1024)], ['dkim.weak_key']],
    ['dkim-short', 'bad', [rsa('default', 512)], ['dkim.short_key']],
    [
      'dkim-revoked',
      'unknown',
      [{ ...rsa('default', null), revoked: true }],
      ['dkim.revoked', 'dkim.not_found'],
    ],
    ['dkim-testing', 'weak', [{ ...rsa('default', 2048), testing: true }], ['dkim.testing']],
    ['dkim-malformed', 'bad', [rsa('default', null)], ['dkim.malformed_key']],
    ['dkim-alien', 'unknown', [], ['dkim.not_found', 'dkim.subtree']],
    ['dkim-elsewhere', 'unknown', [], ['dkim.not_found', 'dkim.subtree']],
    ['dkim-all-revoked', 'unknown', [], ['dkim.all_revoked', 'dkim.not_found']],
    ['wildcard-txt', 'unknown', [], ['dkim.wildcard', 'dkim.not_found']],
    ['empty', 'unknown', [], ['dkim.not_found']],
    ['dkim-alias', 'good', [rsa('selector1', 2048)], []],
  ])('%s is %s', async (name, verdict, selectors, codes) => {
    const { dkim } = await hard(name);
    expect(dkim).toMatchObject({ verdict, selectors });
    expect(codesOf(dkim)).toEqual(codes);
  });
});

describe('DMARC', () => {
  it.each([
    ['dmarc-reject', 'good', 'reject', []],
    ['dmarc-none', 'weak', 'none', ['dmarc.none']],
    ['dmarc-testing', 'weak', 'quarantine', ['dmarc.testing']],
    ['dmarc-two', 'bad', null, ['dmarc.several_records']],
    ['dmarc-bad-p', 'weak', 'none', ['dmarc.bad_policy']],
    ['dmarc-ignored', 'bad', null, ['dmarc.ignored']],
    ['dmarc-old-tags', 'good', 'quarantine', ['dmarc.removed_tags', 'dmarc.size_limit']],
    ['dmarc-version', 'missing', null, ['dmarc.missing']],
    ['dmarc-reports', 'good', 'reject', ['dmarc.reports_not_wanted']],
    ['dmarc-silent', 'unknown', null, ['dmarc.unanswered']],
    ['cname-loop', 'unknown', null, ['dmarc.unanswered']],
    ['cname-dangling', 'missing', null, ['dmarc.missing']],
  ])('%s is %s, and the policy in force %s', async (name, verdict, policy, codes) => {
    const { dmarc } = await hard(name);
    expect(dmarc).toMatchObject({ verdict, policy });
    expect(codesOf(dmarc)).toEqual(codes);
  });

  it.each([
    ['org.test', 'none', 'org.test'],
    // Of two records above, the organization's counts, which psd=n puts lower.
    ['a.sub.org.test', 'none', 'sub.org.test'],
    ['ghost.org.test', 'reject', 'org.test'],
    ['bank.psd.test', 'quarantine', 'psd.test'],
    ['ghost.psd.test', 'reject', 'psd.test'],
    ['shop.psd.test', 'none', 'shop.psd.test'],
    ['mail.shop.psd.test', 'reject', 'shop.psd.test'],
    ['a.b.c.d.e.f.g.h.deep.test', 'quarantine', 'deep.test'],
  ])('%s is under the policy %s of %s', async (domain, policy, foundAt) => {
    expect((await scan(domain)).dmarc).toMatchObject({ policy, foundAt });
  });

  it('walks the tree in eight questions at most', async () => {
    const before = dns.log.length;
    await scan('a.b.c.d.e.f.g.h.deep.test');
    const walked = dns.log
      .slice(before)
      .filter(({ name }) => name.startsWith('_dmarc.'))
      .map(({ name }) => name.slice('_dmarc.'.length));
    expect(walked).toEqual([
      'a.b.c.d.e.f.g.h.deep.test',
      'd.e.f.g.h.deep.test',
      'e.f.g.h.deep.test',
      'f.g.h.deep.test',
      'g.h.deep.test',
      'h.deep.test',
      'deep.test',
      'test',
    ]);
  });
});

describe('what a scan gives back', () => {
  it('looks at encryption and logos too', async () => {
    expect(verdictsOf(await hard('sts'))).toMatchObject({
      mtaSts: 'unknown',
      tlsRpt: 'good',
      bimi: 'missing',
    });
    expect(verdictsOf(await hard('sts-bad'))).toMatchObject({ mtaSts: 'bad', tlsRpt: 'bad' });
    expect((await hard('bimi')).bimi.verdict).toBe('good');
    expect(codesOf((await hard('bimi-unenforced')).bimi)).toEqual(['bimi.policy']);
  });

  it('is the same however the domain is written, and is plain data', async () => {
    const [one, other] = await Promise.all([hard('m365'), scan(' M365.Hard.TEST. ')]);
    expect(other).toEqual(one);
    expect(JSON.parse(JSON.stringify(one))).toEqual(one);
    for (const { checkedAt } of Object.values(checksOf(one)))
      expect(checkedAt).toBe(now.toISOString());
  });

  it.each([
    '',
    'nope',
    '192.0.2.1',
    '[::1]',
    'a..test',
    '-a.test',
    'a b.test',
    'http://a.test',
    'user@a.test',
    `${'x'.repeat(64)}.test`,
    `${'abcdefg.'.repeat(40)}test`,
    'a.123',
    '%00.test',
    'a_b.test',
  ])('refuses %j', async (text) => {
    await expect(scan(text)).rejects.toThrow(Problem);
  });
});
