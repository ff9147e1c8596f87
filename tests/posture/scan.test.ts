import { describe, expect, it } from 'vitest';
import { HARD } from '../../sandbox/dns/index.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { scanDomain } from '../../src/lib/posture/scan.ts';
import { useHardDomains } from './hard-domains.ts';
import { checksOf, codesOf, verdictsOf } from './world.ts';

const { dns, resolver, scan, hard, now } = useHardDomains({
  neverRespond: ['silent', 'wrong-id', 'half-silent'],
});

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
    expect(dns().log.filter((asked) => asked.name.endsWith(`.${name}.${HARD}`))).toEqual([]);
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
      dns()
        .log.filter(({ name, type }) => name === `huge-txt.${HARD}` && type === 'TXT')
        .map(({ transport }) => transport),
    ).toEqual(['udp', 'tcp']);
  });

  it('stops at the number of questions and at the time that a scan may cost, and calls the rest unknown', async () => {
    for (const limits of [
      { maxQueries: 5, totalMs: 10_000, concurrency: 8 },
      { maxQueries: 100, totalMs: -1, concurrency: 8 },
    ]) {
      const before = dns().log.length;
      const evidence = await scanDomain(`m365.${HARD}`, { resolver: resolver(), limits });
      expect(dns().log.length - before).toBeLessThanOrEqual(limits.totalMs < 0 ? 0 : 5);
      expect(evidence.dmarc).toMatchObject({ verdict: 'unknown', policy: null });
    }
  });

  it('asks nothing twice', async () => {
    const before = dns().log.length;
    await hard('spf-loop');
    const asked = dns()
      .log.slice(before)
      .map(({ name, type }) => `${name} ${type}`);
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
      'selector1 points to',
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
