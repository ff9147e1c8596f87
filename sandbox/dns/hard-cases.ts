import { placeBelow, range, type Records } from './case-records.ts';
import { keyRecord, publicKeys } from './keys.ts';
import { spfCases } from './spf-cases.ts';
import type { NameRecords, Zone } from './zones.ts';

/**
 * Every hard case is a domain below this one, but for those whose point is another place in the
 * tree.
 */
export const HARD = 'hard.test';

/** Domains that are hard to judge, each for one reason. */
export function hardCases(): Zone {
  return {
    ...placeBelow(HARD, {
      ...servers(),
      ...mail(),
      ...spfCases(),
      ...dkim(),
      ...dmarc(),
      ...extras(),
    }),
    ...trees(),
  };
}

/** Name servers that fail, each in its way. */
function servers(): Records {
  return {
    silent: { fault: 'no_answer' },
    servfail: { fault: 'servfail' },
    refused: { fault: 'refused' },
    'wrong-id': { fault: 'wrong_id' },
    slow: { mx: [[10, 'mx.slow.hard.test']], txt: ['v=spf1 mx -all'], fault: { slowMs: 60 } },
    'mx.slow': { a: ['192.0.2.10'] },
    // There, with nothing: NODATA. `gone` is not listed: NXDOMAIN.
    empty: {},
    // Mail is answered for, TXT is not.
    'half-silent': { mx: [[10, 'smtp.google.com']], fault: 'no_answer', faultOn: ['TXT'] },
    'half-servfail': { mx: [[10, 'smtp.google.com']], fault: 'servfail', faultOn: ['TXT'] },
    'huge-txt': {
      mx: [[10, 'smtp.google.com']],
      txt: [
        ...range(60).map((index) => `verification-${index}=${'x'.repeat(200)}`),
        'v=spf1 include:_spf.google.com -all',
      ],
    },
  };
}

/** Where mail goes. */
function mail(): Records {
  return {
    'null-mx': { mx: [[0, '.']], txt: ['v=spf1 -all'] },
    'implicit-mx': { a: ['192.0.2.20'] },
    'dangling-mx': { mx: [[10, 'mx.gone.hard.test']] },
    'half-dangling-mx': {
      mx: [
        [10, 'mx.self.hard.test'],
        [20, 'mx.gone.hard.test'],
      ],
    },
    'address-mx': { mx: [[10, '192.0.2.30']] },
    m365: {
      mx: [[0, 'm365-hard-test.mail.protection.outlook.com']],
      txt: ['v=spf1 include:spf.protection.outlook.com -all'],
    },
    'selector1._domainkey.m365': {
      cname: 'selector1-m365-hard-test._domainkey.m365hard.onmicrosoft.com',
    },
    'm365-new': { mx: [[0, 'm365new-hard-test.o-v1.mx.microsoft']] },
    'google-single': { mx: [[1, 'smtp.google.com']], txt: ['v=spf1 include:_spf.google.com ~all'] },
    'google-classic': {
      mx: [
        [1, 'ASPMX.L.GOOGLE.COM'],
        [5, 'alt1.aspmx.l.google.com'],
        [10, 'aspmx2.googlemail.com'],
      ],
    },
    'proofpoint-m365': {
      mx: [
        [10, 'mxa-0012.gslb.pphosted.com'],
        [10, 'mxb-0012.gslb.pphosted.com'],
      ],
      txt: ['v=spf1 include:spf-a.pphosted.com include:spf.protection.outlook.com -all'],
    },
    'selector1._domainkey.proofpoint-m365': {
      cname: 'selector1-proofpoint._domainkey.proofpoint.onmicrosoft.com',
    },
    'autodiscover.proofpoint-m365': { cname: 'autodiscover.outlook.com' },
    'mimecast-google': {
      mx: [[10, 'us-smtp-inbound-1.mimecast.com']],
      txt: ['v=spf1 include:_netblocks.mimecast.com include:_spf.google.com ~all'],
    },
    'barracuda-unknown': {
      mx: [[10, 'd1.ess.barracudanetworks.com']],
      txt: ['v=spf1 include:spf.ess.barracudanetworks.com -all'],
    },
    'look-alike': {
      mx: [
        [10, 'smtp.google.com.evil.example'],
        [20, 'mx.notgooglemail.com'],
      ],
    },
    self: { mx: [[10, 'mx.self.hard.test']], txt: ['v=spf1 mx -all'] },
    'mx.self': { a: ['192.0.2.40'] },
  };
}

function dkim(): Records {
  return {
    ...keys('dkim-good', {
      default: keyRecord('rsa2048'),
      s1: keyRecord('ed25519'),
      k1: `p=${publicKeys.rsa2048Bare}`,
    }),
    ...keys('dkim-weak', { default: keyRecord('rsa1024') }),
    ...keys('dkim-short', { default: keyRecord('rsa512') }),
    ...keys('dkim-revoked', { default: 'v=DKIM1; p=' }),
    ...keys('dkim-testing', { default: keyRecord('rsa2048', 't=y:s; ') }),
    ...keys('dkim-malformed', { default: 'v=DKIM1; k=rsa; p=bm90IGEga2V5' }),
    ...keys('dkim-alien', { default: 'v=DKIM2; p=abc', mail: 'hello' }),
    ...keys('dkim-elsewhere', { 'a-selector-of-its-own': keyRecord('rsa2048') }),
    ...keys('dkim-all-revoked', { '*': 'v=DKIM1; p=' }),
    'wildcard-txt': { txt: ['v=spf1 -all'] },
    '*.wildcard-txt': { txt: ['v=spf1 -all'] },
    'dkim-alias': {},
    'selector1._domainkey.dkim-alias': { cname: 'one.alias.hard.test' },
    'one.alias': { cname: 'two.alias.hard.test' },
    'two.alias': { txt: [[keyRecord('rsa2048').slice(0, 200), keyRecord('rsa2048').slice(200)]] },
  };
}

function keys(domain: string, selectors: Record<string, string>): Records {
  return {
    [domain]: {},
    ...Object.fromEntries(
      Object.entries(selectors).map(([selector, text]) => [
        `${selector}._domainkey.${domain}`,
        { txt: [text.match(/.{1,255}/g) ?? []] },
      ]),
    ),
  };
}

function dmarc(): Records {
  const policies: Record<string, string[]> = {
    'dmarc-reject': ['v=DMARC1; p=reject; rua=mailto:dmarc@dmarc-reject.hard.test'],
    'dmarc-none': ['v=DMARC1; p=none; rua=mailto:dmarc@hard.test'],
    'dmarc-testing': ['v=DMARC1; p=reject; t=y; rua=mailto:dmarc@hard.test'],
    'dmarc-two': ['v=DMARC1; p=reject', 'v=DMARC1; p=none'],
    'dmarc-bad-p': ['v=DMARC1; p=rejct; rua=mailto:dmarc@hard.test'],
    'dmarc-ignored': ['v=DMARC1; p=rejct'],
    'dmarc-old-tags': ['v=DMARC1; pct=20; rf=afrf; p=quarantine; rua=mailto:dmarc@hard.test!10m'],
    'dmarc-version': ['v=dmarc1; p=reject', 'p=reject; v=DMARC1'],
    'dmarc-reports': [
      'v=DMARC1; p=reject; rua=mailto:a@reports.example,mailto:b@unwilling.example',
    ],
  };
  const records = Object.entries(policies).flatMap(([domain, txt]): [string, NameRecords][] => [
    [domain, {}],
    [`_dmarc.${domain}`, { txt }],
  ]);
  return {
    ...Object.fromEntries(records),
    'dmarc-silent': {},
    '_dmarc.dmarc-silent': { fault: 'no_answer' },
    'cname-loop': {},
    '_dmarc.cname-loop': { cname: '_dmarc.cname-loop-back.hard.test' },
    '_dmarc.cname-loop-back': { cname: '_dmarc.cname-loop.hard.test' },
    'cname-dangling': {},
    '_dmarc.cname-dangling': { cname: '_dmarc.nowhere.hard.test' },
  };
}

function extras(): Records {
  const google: NameRecords = { mx: [[1, 'smtp.google.com']] };
  return {
    sts: google,
    '_mta-sts.sts': { txt: ['v=STSv1; id=20261101'] },
    'mta-sts.sts': { a: ['192.0.2.60'] },
    '_smtp._tls.sts': { txt: ['v=TLSRPTv1; rua=mailto:tls@hard.test'] },
    'sts-mx-silent': { mx: [[1, 'smtp.google.com']], fault: 'servfail', faultOn: ['MX'] },
    '_mta-sts.sts-mx-silent': { txt: ['v=STSv1; id=1'] },
    'sts-bad': google,
    '_mta-sts.sts-bad': { txt: ['v=STSv1; id=1', 'v=STSv1; id=2'] },
    '_smtp._tls.sts-bad': { txt: ['v=TLSRPTv1'] },
    bimi: google,
    '_dmarc.bimi': { txt: ['v=DMARC1; p=quarantine; rua=mailto:dmarc@hard.test'] },
    'default._bimi.bimi': { txt: ['v=BIMI1; l=https://bimi.hard.test/logo.svg'] },
    'bimi-unenforced': google,
    'default._bimi.bimi-unenforced': { txt: ['v=BIMI1; l=https://bimi.hard.test/logo.svg'] },
  };
}

/** Policies that hold for other names than their own. */
function trees(): Zone {
  return {
    ...placeBelow('org.test', {
      '@': { mx: [[1, 'smtp.google.com']] },
      _dmarc: { txt: ['v=DMARC1; p=none; sp=quarantine; np=reject; rua=mailto:dmarc@org.test'] },
      sub: { a: ['192.0.2.70'] },
      'a.sub': { a: ['192.0.2.71'] },
      '_dmarc.sub': { txt: ['v=DMARC1; p=reject; sp=none; psd=n; rua=mailto:dmarc@org.test'] },
    }),
    // A registry's suffix: below it every name is an organization of its own.
    ...placeBelow('psd.test', {
      '@': {},
      _dmarc: {
        txt: ['v=DMARC1; p=reject; np=reject; sp=quarantine; psd=y; rua=mailto:dmarc@psd.test'],
      },
      bank: { a: ['192.0.2.72'] },
      shop: { a: ['192.0.2.73'] },
      '_dmarc.shop': { txt: ['v=DMARC1; p=none; sp=reject; rua=mailto:dmarc@shop.psd.test'] },
      'mail.shop': { a: ['192.0.2.74'] },
    }),
    // Ten labels: the walk leaps to the last seven after the first one.
    ...placeBelow('deep.test', {
      '@': {},
      _dmarc: { txt: ['v=DMARC1; p=quarantine; rua=mailto:dmarc@deep.test'] },
      '_dmarc.b.c.d.e.f.g.h': { txt: ['v=DMARC1; p=reject; psd=n'] },
      'a.b.c.d.e.f.g.h': { a: ['192.0.2.75'] },
    }),
  };
}
