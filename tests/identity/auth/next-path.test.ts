import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitizeNext, withNext } from '#lib/identity/auth/next-path.ts';

const site = 'https://app.example.test';
/** Where a browser would go, standing on a page of the site. */
const lands = (location: string): string => new URL(location, `${site}/sign-in`).origin;

describe('where to go after signing in', () => {
  it.each([
    '/',
    '/w/summit/leads?status=new&page=2#row-3',
    '/w/summit/notes?search=a%2Fb',
    '/reports?next=https://evil.test',
  ])('goes to %s', (path) => {
    expect(sanitizeNext(path)).toBe(path);
  });

  it.each([
    'https://evil.test',
    '//evil.test',
    '/\\evil.test',
    '\\\\evil.test',
    '/\t/evil.test',
    '/\n/evil.test',
    '/%0d/../..//evil.test',
    'javascript:alert(1)',
    ' /leads',
    'leads',
    '',
    '/..//evil.test',
    '/.//evil.test',
    '/a/..//evil.test',
    '/\u0000',
    '///evil.test',
    '/a\\..\\\\evil.test',
  ])('does not follow %j', (path) => {
    const target = sanitizeNext(path, '/home');
    expect(lands(target)).toBe(site);
  });

  it('stays on the site whatever is asked', () => {
    const nasty = fc.array(
      fc.constantFrom(
        '/',
        '\\',
        '.',
        '..',
        ':',
        '@',
        '?',
        '#',
        '%2f',
        '%5c',
        '\t',
        '\n',
        '\r',
        ' ',
        'evil.test',
        'https',
        '\u0000',
        '／',
        '。',
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          nasty.map((parts) => parts.join('')),
          nasty.map((parts) => `/${parts.join('')}`),
          fc.webUrl(),
          fc.string(),
        ),
        (next) => {
          const target = sanitizeNext(next, '/home');
          expect(target.startsWith('/')).toBe(true);
          expect(lands(target)).toBe(site);
          expect(target, 'fit for a header').toMatch(/^[\x21-\x7e]+$/);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('survives the way through the address of the sign-in page', () => {
    const path = '/w/summit/leads?status=new&search=a+b';
    expect(sanitizeNext(new URL(withNext('/sign-in', path), site).searchParams.get('next'))).toBe(
      path,
    );
    expect(withNext('/sign-in', '/')).toBe('/sign-in');
  });
});
