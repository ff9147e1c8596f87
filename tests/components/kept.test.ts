import { expect, test } from 'vitest';
import { keepDrawing } from '../../src/components/ui/kept.ts';

const draw = (html: string) => {
  const calls: string[] = [];
  return { calls, make: async () => (calls.push(html), html) };
};
const look = (slug: string, user: string, value: number) => ({
  access: { tenant: { slug }, user: { email: user }, role: 'viewer' },
  view: { value, at: new Date('2026-11-20T00:00:00Z') },
  url: new URL(`http://localhost/w/${slug}/leads`),
});

test('what shows the same to the same person is drawn once', async () => {
  const { calls, make } = draw('<b>·</b>');
  for (let visit = 0; visit < 3; visit += 1)
    expect(await keepDrawing('once', look('a', 'x', 1), make)).toBe('<b>·</b>');
  expect(calls).toHaveLength(1);
});

test.each([
  ['another workspace', look('b', 'x', 1)],
  ['another person', look('a', 'y', 1)],
  ['another figure', look('a', 'x', 2)],
  [
    'another role',
    { ...look('a', 'x', 1), access: { ...look('a', 'x', 1).access, role: 'admin' } },
  ],
  ['another moment', { ...look('a', 'x', 1), view: { value: 1, at: new Date(0) } }],
  [
    'another address',
    { ...look('a', 'x', 1), url: new URL('http://localhost/w/a/leads?sort=name') },
  ],
])('%s is drawn anew', async (what, shows) => {
  await keepDrawing(what, look('a', 'x', 1), draw('first').make);
  expect(await keepDrawing(what, shows, draw('second').make)).toBe('second');
  expect(await keepDrawing(what, look('a', 'x', 1), draw('third').make)).toBe('first');
});

test('another part of a page that shows the same is drawn for itself', async () => {
  await keepDrawing('part', look('a', 'x', 1), draw('part').make);
  expect(await keepDrawing('other part', look('a', 'x', 1), draw('other').make)).toBe('other');
});

test('a drawing that failed is tried again', async () => {
  const failing = keepDrawing('failing', {}, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await keepDrawing('failing', {}, draw('now').make)).toBe('now');
});

test('the drawings that were shown last are kept, up to a bound', async () => {
  const large = '.'.repeat(3_000_000);
  for (let n = 0; n < 8; n += 1) await keepDrawing('large', { n }, draw(large).make);
  const counts = [];
  for (const n of [7, 0]) {
    const again = draw(large);
    await keepDrawing('large', { n }, again.make);
    counts.push(again.calls.length);
  }
  expect(counts, 'the newest is still there, the oldest is not').toEqual([0, 1]);
});
