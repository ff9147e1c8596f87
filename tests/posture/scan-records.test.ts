import { describe, expect, it } from 'vitest';
import { useHardDomains } from './hard-domains.ts';
import { codesOf } from './world.ts';

const { dns, scan, hard } = useHardDomains({
  neverRespond: ['spf-include-silent', 'dmarc-silent'],
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
    const before = dns().log.length;
    await scan('a.b.c.d.e.f.g.h.deep.test');
    const walked = dns()
      .log.slice(before)
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
