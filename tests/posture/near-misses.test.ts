import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { publicKeys } from '../../sandbox/dns/keys.ts';
import type { Zone } from '../../sandbox/dns/zones.ts';
import { parseStsPolicy } from '../../src/lib/posture/mta-sts.ts';
import { scanDomain } from '../../src/lib/posture/scan.ts';
import { askZones, codesOf } from './world.ts';

const scan = (zone: Zone) =>
  scanDomain('acme.test', {
    resolver: askZones([{ 'acme.test': { mx: [[1, 'mx.acme.test']] }, ...zone }]),
  });

describe('DMARC', () => {
  const dmarc = async (...txt: string[]) => (await scan({ '_dmarc.acme.test': { txt } })).dmarc;

  it.each([
    'v=dmarc1; p=reject',
    'V=DMARC1; p=reject',
    'v=DMARC1 p=reject',
    'v=DMARC1, p=reject',
    ' v=DMARC1; p=reject',
    '"v=DMARC1; p=reject"',
    'v=DMARC 1; p=reject',
    'DMARC1; p=reject',
    'p=reject; v=DMARC1',
    'v:DMARC1; p=reject',
  ])('names what was meant as a record: %s', async (text) => {
    const check = await dmarc(text, 'unrelated');
    expect([check.verdict, codesOf(check)]).toEqual(['missing', ['dmarc.missing']]);
    expect(check.findings[0]?.message).toBe(
      'There is no DMARC record, so receivers do not know what to do with forged mail. ' +
        `"${text}" looks like one but does not begin with "v=DMARC1;", so receivers do not read ` +
        'it. Correct it.',
    );
  });

  it('does not name other records', async () => {
    for (const text of ['v=DMARC2; p=reject', 'v=spf1 -all', 'hello'])
      expect((await dmarc(text)).findings[0]?.message).toContain('Publish one');
  });

  const rua = 'rua=mailto:dmarc@acme.test';
  it.each([
    [`v=DMARC1; ${rua}; p=reject`, 'good', ['dmarc.order']],
    [`v=DMARC1;p=reject;${rua}`, 'good', []],
    [`v = DMARC1 ; p = reject ; ${rua}`, 'good', []],
    [`v=DMARC1; p=reject; p=none; ${rua}`, 'weak', ['dmarc.duplicate_tags']],
    [`v=DMARC1; p=reject; ${rua}; rua=mailto:b@acme.test`, 'weak', ['dmarc.duplicate_tags']],
    [
      'v=DMARC1; p=reject; rua=dmarc@acme.test',
      'good',
      ['dmarc.bad_report_address', 'dmarc.no_reports'],
    ],
    [`v=DMARC1; p=reject; ${rua},also@acme.test`, 'good', ['dmarc.bad_report_address']],
    [`v=DMARC1; p=reject sp=none; ${rua}`, 'weak', ['dmarc.bad_policy']],
    ['v=DMARC1', 'bad', ['dmarc.ignored']],
  ])('%s is %s', async (text, verdict, codes) => {
    const check = await dmarc(text);
    expect([check.verdict, codesOf(check)]).toEqual([verdict, codes]);
  });

  it('tells of the order beside tags that were removed', async () => {
    const { findings } = await dmarc(`v=DMARC1; pct=20; p=reject; ${rua}`);
    expect(findings[0]?.code).toBe('dmarc.removed_tags');
    expect(findings[0]?.message).toContain('directly after the version');
  });
});

describe('DKIM', () => {
  const dkim = async (...txt: string[]) =>
    (await scan({ 'google._domainkey.acme.test': { txt } })).dkim;
  const key = publicKeys.rsa2048;
  const long = generateKeyPairSync('rsa', { modulusLength: 4104 })
    .publicKey.export({ format: 'der', type: 'spki' })
    .toString('base64');
  const weakExponent = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 65_537 })
    .publicKey.export({ format: 'der', type: 'spki' })
    .toString('hex')
    // The exponent is the last number of the key.
    .replace(/0203010001$/, '0203000001');

  it.each([
    [`v=DKIM1; k=rsa; p=${key}`, 'good', []],
    [`v=DKIM1; h=sha1:sha256; s=*; p=${key}`, 'good', []],
    [`v=DKIM1; k=dsa; p=${key}`, 'bad', ['dkim.malformed_key']],
    [`v=DKIM1; k=rsa; p=${key.slice(0, -1)}`, 'bad', ['dkim.malformed_key']],
    [`v=DKIM1; k=rsa; p=${key}=`, 'bad', ['dkim.malformed_key']],
    [`v=DKIM1; k=rsa; p=${key.slice(0, 40)}!!!${key.slice(40)}`, 'bad', ['dkim.malformed_key']],
    [`v=DKIM1; k=rsa; p="${key}"`, 'bad', ['dkim.malformed_key']],
    [
      `v=DKIM1; k=rsa; p=${key.replaceAll('+', '-').replaceAll('/', '_')}-`,
      'bad',
      ['dkim.malformed_key'],
    ],
    [`k=rsa; v=DKIM1; p=${key}`, 'bad', ['dkim.malformed_key']],
    [`v=DKIM1; p=${key}; p=${key}`, 'bad', ['dkim.malformed_key']],
    [`v=DKIM1; h=sha1; p=${key}`, 'bad', ['dkim.malformed_key']],
    [`v=DKIM1; s=tlsrpt; p=${key}`, 'bad', ['dkim.malformed_key']],
    [
      `v=DKIM1; p=${Buffer.from(weakExponent, 'hex').toString('base64')}`,
      'bad',
      ['dkim.malformed_key'],
    ],
    [`v=DKIM1; p=${publicKeys.rsa512}`, 'bad', ['dkim.short_key']],
    [`v=DKIM1; p=${long}`, 'weak', ['dkim.long_key']],
    [`v=DKIM1; t=y; p=${key}`, 'weak', ['dkim.testing']],
    ['v=DKIM1; p=', 'unknown', ['dkim.revoked', 'dkim.not_found']],
    [`v=dkim1; p=${key}`, 'unknown', ['dkim.not_found', 'dkim.subtree', 'dkim.not_a_record']],
    [`v=DKIM1 k=rsa; p=${key}`, 'unknown', ['dkim.not_found', 'dkim.subtree', 'dkim.not_a_record']],
  ])('%s is %s', async (text, verdict, codes) => {
    const check = await dkim(text);
    expect([check.verdict, codesOf(check)]).toEqual([verdict, codes]);
  });

  it('is weak with several records at one selector', async () => {
    const check = await dkim(`v=DKIM1; p=${key}`, `v=DKIM1; p=${publicKeys.rsa1024}`);
    expect([check.verdict, codesOf(check)]).toEqual(['weak', ['dkim.several_records']]);
    expect(codesOf(await dkim(`v=DKIM1; p=${key}`, 'unrelated'))).toEqual([]);
  });

  it('says why a key does not count', async () => {
    const said = async (text: string) => (await dkim(text)).findings[0]?.message;
    expect(await said(`v=DKIM1; p=${key.slice(0, -1)}`)).toContain('not in base64');
    expect(await said(`v=DKIM1; k=dsa; p=${key}`)).toContain('Use rsa or ed25519');
    expect(await said(`v=DKIM1; h=sha1; p=${key}`)).toContain('SHA-1');
  });
});

describe('MTA-STS and TLS reporting', () => {
  it.each(['v=stsv1; id=1', 'v=STSv1 id=1', 'id=1; v=STSv1', ' v=STSv1; id=1', 'STSv1; id=1'])(
    'name what was meant as a record: %s',
    async (text) => {
      const { mtaSts } = await scan({ '_mta-sts.acme.test': { txt: [text] } });
      expect([mtaSts.verdict, codesOf(mtaSts)]).toEqual(['missing', ['mta_sts.missing']]);
      expect(mtaSts.findings[0]?.message).toContain(`"${text}" looks like one`);
    },
  );

  it.each(['v=STSv1', 'v=STSv1; id=', 'v=STSv1; id=a-b', 'v=STSv1; id=1; id=2'])(
    'refuse a record without one id: %s',
    async (text) => {
      const { mtaSts } = await scan({ '_mta-sts.acme.test': { txt: [text] } });
      expect([mtaSts.verdict, codesOf(mtaSts)]).toEqual(['bad', ['mta_sts.bad_record']]);
    },
  );

  it.each([
    ['mx: mail.example.com', true],
    ['mx: *.example.net', true],
    ['mx: *', false],
    ['mx: *mail.example.com', false],
    ['mx: *.*.example.com', false],
    ['mx: mail.*.example.com', false],
    ['mx: .example.com', false],
    ['mx: mail.example.com mail2.example.com', false],
    ['mx: mail.example.com\nmax_age: 99999999999', false],
  ])('take a policy as RFC 8461 writes it: %j', (lines, isValid) => {
    const text = `version: STSv1\nmode: enforce\n${lines}\nmax_age: 604800\n`;
    expect(
      parseStsPolicy(lines.includes('max_age') ? text.replace(/max_age: 604800\n/, '') : text) !==
        null,
    ).toBe(isValid);
  });

  it.each([
    ['v=TLSRPTv1; rua=mailto:tls@acme.test', 'good', []],
    ['v=TLSRPTv1;rua=https://acme.test/tls,mailto:tls@acme.test', 'good', []],
    ['v=TLSRPTv1; rua=tls@acme.test', 'bad', ['tls_rpt.bad_record']],
    ['v=TLSRPTv1; rua=mailto:a@b.test; rua=mailto:c@d.test', 'bad', ['tls_rpt.bad_record']],
    ['v=tlsrptv1; rua=mailto:tls@acme.test', 'missing', ['tls_rpt.missing']],
    ['v=TLSRPTv1 rua=mailto:tls@acme.test', 'missing', ['tls_rpt.missing']],
  ])('report as RFC 8460 writes it: %s is %s', async (text, verdict, codes) => {
    const { tlsRpt } = await scan({ '_smtp._tls.acme.test': { txt: [text] } });
    expect([tlsRpt.verdict, codesOf(tlsRpt)]).toEqual([verdict, codes]);
    if (verdict === 'missing') expect(tlsRpt.findings[0]?.message).toContain('looks like one');
  });
});
