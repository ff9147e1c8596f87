import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCompanyDomain, parseDomain } from '#lib/records/company-domain.ts';

const own = 'acme-three.example';
const mailboxes = (
  'comcast.net att.net verizon.net sbcglobal.net bellsouth.net cox.net charter.net yahoo.ca ' +
  'yahoo.fr yahoo.co.in yahoo.com.br hotmail.fr live.co.uk outlook.fr btinternet.com orange.fr ' +
  'free.fr t-online.de libero.it rediffmail.com pm.me fastmail.com tutanota.com hey.com ' +
  'rocketmail.com earthlink.net aim.com naver.com mailinator.com privaterelay.appleid.com ' +
  'uol.com.br gmail.com googlemail.com hotmail.com icloud.com live.com outlook.com proton.me ' +
  'yahoo.com web.de gmx.net mail.ru 163.com qq.com sympatico.ca talktalk.net spectrum.net ' +
  'yahoo.com.ve hotmail.com.pe live.at outlook.com.au gmx.ch nc.rr.com mail.comcast.net ' +
  'bigpond.com wanadoo.fr laposte.net seznam.cz wp.pl ziggo.nl telenet.be xtra.co.nz shaw.ca ' +
  'duck.com mozmail.com passmail.net users.noreply.github.com guest.booking.com vtext.com'
).split(' ');

const platforms = [
  'https://www.facebook.com/joes',
  'instagram.com/x',
  'linkedin.com/in/x',
  'linktr.ee/x',
  'sites.google.com/view/x',
  'https://www.google.com/maps/place/Joes',
  'https://m.facebook.com/joes',
  'https://joes.squarespace.com',
  'joes.business.site',
  'https://medium.com/@joe',
  'bit.ly/3xYz',
  'https://maps.app.goo.gl/abc',
  'https://www.yelp.com/biz/joes',
  'wixsite.com',
  'github.io',
];

describe('a mailbox provider', () => {
  it.each(mailboxes)('%s is nobody’s company', (host) => {
    expect(parseCompanyDomain(null, [`a@${host}`])).toEqual({
      domain: null,
      reason: 'There is no website, and the e-mail addresses are of a mailbox provider.',
    });
    for (const website of [host, `bob@${host}`, `https://www.${host.toUpperCase()}/`])
      expect(parseCompanyDomain(website, [`pat@${own}`])).toEqual({ domain: own, reason: null });
  });

  it.each([
    'bt.com',
    'telstra.com',
    'parrot.com',
    'linkedin.com',
    'live.io',
    'acme-mail.com',
    'example.com',
    'orange.com',
    'gmx-solutions.de',
    'yahooing.com',
  ])('is not %s', (host) => {
    expect(parseCompanyDomain(null, [`a@${host}`]).domain).toBe(host);
  });
});

describe('a website on a platform', () => {
  it.each(platforms)('tells nothing: %s', (website) => {
    expect(parseCompanyDomain(website, [`pat@${own}`])).toEqual({ domain: own, reason: null });
    expect(parseCompanyDomain(website, [])).toEqual({
      domain: null,
      reason:
        'The website is a page of a platform that many companies share, and there is no e-mail ' +
        'address.',
    });
    expect(parseCompanyDomain(website, ['bob@gmail.com']).reason).toBe(
      'The website is a page of a platform that many companies share, and the e-mail addresses ' +
        'are of a mailbox provider.',
    );
  });

  it.each([
    ['https://joes.wixsite.com/shop', 'joes.wixsite.com'],
    ['acme.github.io', 'acme.github.io'],
    ['https://joes.myshopify.com', 'joes.myshopify.com'],
  ])('at a host for customers counts after the e-mail address: %s', (website, domain) => {
    expect(parseCompanyDomain(website, [`pat@${own}`]).domain).toBe(own);
    expect(parseCompanyDomain(website, ['pat@gmail.com']).domain).toBe(domain);
    expect(parseCompanyDomain(website, []).domain).toBe(domain);
  });

  it('is told from the company that runs it', () => {
    expect(parseCompanyDomain('google.com', []).domain).toBe('google.com');
    expect(parseCompanyDomain('https://www.google.com/', []).domain).toBe('google.com');
    expect(parseCompanyDomain(null, ['a@linkedin.com']).domain).toBe('linkedin.com');
  });
});

describe('the name that Microsoft 365 gives', () => {
  it.each(['contoso.onmicrosoft.com', 'contoso.mail.onmicrosoft.com'])(
    '%s is one organisation’s own',
    (host) => {
      expect(parseCompanyDomain(null, [`pat@${host}`]).domain).toBe('contoso.onmicrosoft.com');
    },
  );
});

describe('an address as people paste it', () => {
  it.each([
    'HTTP://Www.Acme.COM.',
    'http//acme.com',
    'http:\\\\www.acme.com\\shop',
    'https;//acme.com',
    'htp://acme.com',
    'http:acme.com',
    'https://http://acme.com',
    'www .acme.com',
    'www. acme . com',
    'acme .com',
    '//acme.com/',
    'acme.com:8443/x?y#z',
    'https://user:word@acme.com/x',
    '<https://acme.com/x>',
    'bob@acme.com',
    'mailto:bob@acme.com?subject=Hello',
    'Bob <bob@acme.com>',
    'acme.com; acme.de',
    'facebook.com/acme, acme.com',
    'Website: acme.com',
    'ａｃｍｅ．ｃｏｍ',
    'acme\u{200b}.com\u{feff}',
    '\u{a0}acme.com\u{a0}',
    'acme。com',
  ])('in the website field: %j', (website) => {
    expect(parseCompanyDomain(website, [])).toEqual({ domain: 'acme.com', reason: null });
    expect(parseDomain(website.replace('facebook.com/acme, ', ''))).toBe('acme.com');
  });

  it.each([
    ' a@acme.com ',
    'A@ACME.COM.',
    'Name <a@acme.com>',
    '"Last, First" <a@acme.com>',
    'mailto:a@acme.com',
    'a @ acme.com',
    'a (at) acme.com',
    'a[at]mail.acme.com',
    'a@gmail.com; b@acme.com',
    'a@gmail.com,b@acme.com',
    'a@gmail.com / b@acme.com',
    'a@acme.com b@other.com',
    '<a@acme.com>;',
    'a＠acme.com',
    'a@acme .com',
    'a@\u{200b}acme.com',
  ])('in the e-mail field: %j', (email) => {
    expect(parseCompanyDomain(null, [email])).toEqual({ domain: 'acme.com', reason: null });
  });

  it.each([
    ['https://münchen-bau.de', [], 'xn--mnchen-bau-9db.de'],
    [null, ['a@MÜNCHEN-BAU.de'], 'xn--mnchen-bau-9db.de'],
  ])('with letters beyond ASCII: %s %j', (website, emails, domain) => {
    expect(parseCompanyDomain(website, emails).domain).toBe(domain);
  });

  it.each([
    'n.a.',
    'n/a',
    'none',
    '-',
    'Acme Inc.',
    'St. Gallen',
    '1.5',
    'http://10.0.0.1/',
    'www.',
  ])('that is none: %s', (website) => {
    expect(parseCompanyDomain(website, [`pat@${own}`]).domain).toBe(own);
    expect(parseCompanyDomain(website, ['x@gmail.com']).reason).toBe(
      'The website holds no domain, and the e-mail addresses are of a mailbox provider.',
    );
    expect(parseCompanyDomain(website, []).reason).toBe(
      'Neither the website nor an e-mail address holds a domain.',
    );
  });

  it('gives a name that can be looked up, or a reason', () => {
    const address = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.webUrl(),
      fc.emailAddress(),
      fc
        .array(fc.constantFrom('http:', '//', '@', '.', ' ', 'www', 'acme', 'com', ';', '<', '_'), {
          maxLength: 12,
        })
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(fc.option(address), fc.array(address, { maxLength: 3 }), (website, emails) => {
        const { domain, reason } = parseCompanyDomain(website, emails);
        expect(domain === null).toBe(reason !== null);
        if (domain === null) return;
        expect(domain).toMatch(/^(?:(?!-)[a-z0-9-]{1,63}(?<!-)\.)+[a-z0-9-]{2,63}$/);
        expect(parseCompanyDomain(domain, []).domain).toBe(domain);
      }),
      { numRuns: 500 },
    );
  });
});
