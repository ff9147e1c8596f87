import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toPlainText } from '#lib/conversion/values/plain-text.ts';

it('turns HTML into plain text', () => {
  expect(
    toPlainText(
      '<h2>Plan</h2><p>Three units &amp; a <a href="https://x.test/">map</a>' +
        '<br>next</p><img src="x"><script>alert(1)</script>',
    ),
  ).toBe('Plan\n\nThree units & a map\nnext');
});

it.each([
  ['  no markup\nat all ', 'no markup\nat all'],
  ['R&D call\nBudget ok\nNext: Friday', 'R&D call\nBudget ok\nNext: Friday'],
  ['From: John <john@acme.example>\nSubject: hi', 'From: John <john@acme.example>\nSubject: hi'],
  ['if a < b and b > c\r\nthen & only then', 'if a < b and b > c\nthen & only then'],
  ['see <https://acme.example/a?x=1&copy=2>', 'see <https://acme.example/a?x=1&copy=2>'],
  ['Tom &amp; Jerry &lt;tj@acme.example&gt;\nline', 'Tom & Jerry <tj@acme.example>\nline'],
  ['<a.b@acme.example>, <i@acme.example>', '<a.b@acme.example>, <i@acme.example>'],
  ['I <3 this', 'I <3 this'],
])('keeps plain text: %j', (text, plain) => {
  expect(toPlainText(text)).toBe(plain);
});

it.each([
  ['<p>From: John <john@acme.example></p><p>R&D</p>', 'From: John <john@acme.example>\n\nR&D'],
  ['one <b>bold</b>\ntwo\n\nthree', 'one bold\ntwo\n\nthree'],
  ['<div>one\ntwo</div><div>three</div>', 'one two\nthree'],
  ['<a href="https://x.test/?a=1&copy=2">R&D</a>\nnext', 'R&D\nnext'],
])('keeps in HTML what is none: %j', (text, plain) => {
  expect(toPlainText(text)).toBe(plain);
});

it('leaves text without tags and character references as it is', () => {
  const word = fc
    .stringMatching(/^[\w@.,:?!'"()<>-]{1,12}$/)
    .filter((text) => !/<\/?\w+\/?>|<!/.test(text));
  const lines = fc.array(fc.array(word, { minLength: 1 }), { minLength: 1 });
  fc.assert(
    fc.property(lines, (words) => {
      const text = words.map((line) => line.join(' & ')).join('\n');
      expect(toPlainText(text)).toBe(text.trim());
    }),
  );
});
