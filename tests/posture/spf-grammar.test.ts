import { describe, expect, it } from 'vitest';
import { checkSpf } from '../../src/lib/posture/spf/check.ts';
import { parseSpf } from '../../src/lib/posture/spf/parse.ts';
import type { Zone } from '../../sandbox/dns/zones.ts';
import { askZones, codesOf } from './world.ts';

const check = (txt: string[], more: Zone = {}) =>
  checkSpf('acme.test', {
    query: askZones([{ 'acme.test': { txt }, ...more }]).query,
    now: () => new Date(),
  });

describe('the grammar of SPF (RFC 7208, sections 5 to 7 and 12)', () => {
  it.each([
    // Appendix A and the examples of the sections.
    'v=spf1 +all',
    'v=spf1 a -all',
    'v=spf1 a:example.org -all',
    'v=spf1 mx -all',
    'v=spf1 mx:example.org -all',
    'v=spf1 mx mx:example.org -all',
    'v=spf1 mx/30 mx:example.org/30 -all',
    'v=spf1 ptr -all',
    'v=spf1 ip4:192.0.2.128/28 -all',
    'v=spf1 include:example.com include:example.net -all',
    'v=spf1 redirect=_spf.example.com',
    'v=spf1 mx -all exp=explain._spf.%{d}',
    'v=spf1 exists:%{ir}.%{l1r+-}._spf.%{d} -all',
    'v=spf1 mx exists:%{l}._spf.%{d} -all',
    'v=spf1 exists:%{lr-}.lp._spf.%{d2} exists:%{ir}.%{v}.%{d1r}',
    'v=spf1 a:%{d}/24//64 ptr:%{D}',
    'v=spf1 ip4:0.0.0.0/0 ip6:::/0 ip4:10.0.0.0/8 ip6:2001:db8::/0',
    'v=spf1 a//128 a/0 mx/32//0 a:mail.example.com//64',
    'V=SPF1 A MX INCLUDE:Example.COM -ALL',
    'v=spf1 moo= x-note=%%hello%_world%- unknown=1 unknown=2 -all',
    'v=spf1 exp=%{d} -all ',
    'v=spf1 a:b.xn--p1ai a:3com.c3 a:under_score.example.com -all',
  ])('allows %s', (text) => {
    expect(parseSpf(text).invalidTerms).toEqual([]);
  });

  it.each([
    'exp=b.test', // A second one, see below.
    'exp=',
    'exp=%{q}',
    'exp=localhost',
    'redirect=',
    'redirect=localhost',
    'redirect=%{c}.test',
    'exists:%{z}.a.test',
    'exists:%{i',
    'exists:%i.a.test',
    'exists:%{i}x',
    'exists:%{d0}',
    'exists:%{r}.a.test',
    'exists:%{c}.a.test',
    'exists:%{t}.a.test',
    'exists:%{i!}.a.test',
    'exists',
    'exists:',
    'include',
    'include:',
    'include:a.test/24',
    'include:localhost',
    'include:a.test..',
    'a:',
    'a:/24',
    'a:192.0.2.1',
    'a/33',
    'a/08',
    'a//129',
    'a//064',
    'a/24/64',
    'mx:',
    'mx/-1',
    'ptr:',
    'ptr/24',
    'all:a.test',
    'all/0',
    '-all.',
    'ip4',
    'ip4:',
    'ip4:10.0.0.0/08',
    'ip4:10.0.0.0/33',
    'ip4:10.0.0.0/',
    'ip4:010.0.0.1',
    'ip4:10.0.0',
    'ip4:2001:db8::1',
    'ip4:10.0.0.0/255.0.0.0',
    'ip6:10.0.0.1',
    'ip6:2001:db8::/129',
    'ip6:2001:db8::/032',
    'ip6:fe80::1%eth0',
    'ip6:2001:db8::1::',
    'ip4:192.0.2.1,192.0.2.2',
    'ipv4:192.0.2.1',
    'ip:192.0.2.1',
    'redirect:a.test',
    'exp:a.test',
    '192.0.2.1',
    'a.test',
    '--all',
    '+ a',
    'unknown=%{q}',
    'unknown=a%b',
    'ünknown',
    'include:ünknown.test',
    '1x=y',
    '=',
    ';',
  ])('refuses %s', async (term) => {
    const record = ['v=spf1', ...(term === 'exp=b.test' ? ['exp=a.test'] : []), term, '-all'];
    const { verdict, findings } = await check([record.join(' ')]);
    expect(verdict).toBe('bad');
    expect(findings.map(({ code }) => code)).toContain('spf.syntax');
    expect(findings.find(({ code }) => code === 'spf.syntax')?.message).toContain(
      term.split(' ')[0],
    );
  });

  it('refuses a second redirect', async () => {
    expect(parseSpf('v=spf1 redirect=a.test redirect=b.test').invalidTerms).toEqual([
      'redirect=b.test',
    ]);
  });

  it.each([
    ['ipv4:192.0.2.1', 'Write "ip4:" or "ip6:" before an address.'],
    ['redirect:a.test', 'Write "redirect=" with an equals sign.'],
    ['a:192.0.2.1', 'Write "ip4:" before an address.'],
    ['ip4:10.0.0.0/08', 'a prefix length without leading zeros'],
    ['exists:%{z}.a.test', 'Correct its macro'],
  ])('says what to write instead of %s', async (term, hint) => {
    expect((await check([`v=spf1 ${term} -all`])).findings[0]?.message).toContain(hint);
  });
});

describe('near misses of SPF', () => {
  it.each(['include=_spf.test', 'ip4=192.0.2.1', 'a=mail.test', 'all='])(
    'are named: %s',
    async (term) => {
      const { verdict, findings } = await check([`v=spf1 ${term} -all`]);
      expect(verdict).toBe('weak');
      expect(findings[0]).toMatchObject({ code: 'spf.ineffective', severity: 'warning' });
      expect(findings[0]?.message).toContain(`"${term}"`);
      expect(findings[0]?.message).toContain(
        term === 'all=' ? '"-all"' : `"${term.replace('=', ':')}"`,
      );
    },
  );

  it.each([
    'v=spf1include:_spf.test -all',
    'v=spf1;-all',
    'v=spf10 -all',
    'v=spf -all',
    'v = spf1 -all',
    'v:spf1 mx -all',
    ' v=spf1 -all',
    '"v=spf1 -all"',
    '\u{feff}v=spf1 -all',
    'v=spf1\tmx -all',
    'spf1 mx -all',
    'include:_spf.test ip4:192.0.2.1 ~all',
    'a mx -all',
  ])('in place of a record: %s', async (text) => {
    const alone = await check(['unrelated', text]);
    expect(alone.verdict).toBe('missing');
    expect(codesOf(alone)).toEqual(['spf.missing', 'spf.not_a_record']);
    const beside = await check([text, 'v=spf1 -all']);
    expect(beside.verdict).toBe('good');
    expect(codesOf(beside)).toEqual(['spf.not_a_record']);
  });

  it('are told from Sender ID and from other records', async () => {
    const alone = await check(['spf2.0/pra include:_spf.test -all']);
    expect(codesOf(alone)).toEqual(['spf.missing', 'spf.sender_id']);
    expect(codesOf(await check(['v=spf2.0/pra -all', 'v=spf1 -all']))).toEqual(['spf.sender_id']);
    for (const text of ['google-site-verification=spf1', 'MS=ms123', 'all in all', 'spfx'])
      expect(codesOf(await check([text, 'v=spf1 -all']))).toEqual([]);
  });
});
