import fc from 'fast-check';
import type { Zone } from '../../sandbox/dns/index.ts';

const mailHosts = (count: number) =>
  Array.from({ length: count }, (_, index): [number, string] => [index, `mx${index}.test`]);
/** Names of all kinds that a term may lead to. */
export const hosts: Zone = {
  'four.test': { a: ['192.0.2.1'], mx: [[1, 'four.test']] },
  'six.test': { aaaa: ['2001:db8::1'], mx: [[1, 'six.test']] },
  'empty.test': {},
  'plain.test': { txt: ['hello'] },
  'two.test': { txt: ['v=spf1 -all', 'v=spf1 ~all'] },
  'ten.test': { mx: mailHosts(10) },
  'eleven.test': { mx: mailHosts(11) },
};
const oneOf = (words: string[]) => fc.constantFrom(...words);
/** Each costs one lookup and finds something, or asks for what only a message tells. */
const found = ['a:four.test', '-a:six.test', 'mx:four.test/24', '?mx:ten.test', 'exists:four.test'];
export const counted = oneOf([...found, 'ptr', '~exists:%{i}.x.test', 'include:%{d}.x.test']);
/** Each costs one lookup and finds nothing. */
export const empty = oneOf([
  'a:gone.test',
  'mx:gone.test',
  'a:empty.test',
  'mx:plain.test',
  'exists:six.test',
]);
const free = oneOf(['ip4:192.0.2.0/24', '-ip6:2001:db8::/32', 'x-note=hello']);
const fault = oneOf(['nonsense:1', 'include:plain.test', 'include:two.test', 'mx:eleven.test']);

export const nameOf = (index: number) => `r${index}.test`;
/** Records under r0.test, r1.test and so on. */
export const zoneOf = (records: string[][]): Zone =>
  Object.fromEntries(
    records.map((terms, index) => [nameOf(index), { txt: [['v=spf1', ...terms].join(' ')] }]),
  );

/** Cuts a list of terms into records of which each leads to the next. */
export const spread = (terms: fc.Arbitrary<string>, count: { min: number; max: number }) =>
  fc
    .tuple(
      fc.array(fc.tuple(terms, fc.array(free, { maxLength: 1 })), {
        minLength: count.min,
        maxLength: count.max,
      }),
      fc.array(fc.tuple(fc.nat({ max: count.max }), fc.boolean()), { maxLength: 4 }),
    )
    .map(([list, cuts]) => {
      const ends = [...cuts.map(([at]) => Math.min(at, list.length)), list.length].toSorted(
        (a, b) => a - b,
      );
      const records = ends.map((end, index) => {
        const own = list
          .slice(ends[index - 1] ?? 0, end)
          .flatMap(([term, more]) => [term, ...more]);
        if (index === ends.length - 1) return [...own, '-all'];
        const next = nameOf(index + 1);
        return cuts[index]?.[1] === true
          ? [...own, `redirect=${next}`]
          : [`include:${next}`, ...own, '~all'];
      });
      return { records, terms: list.length, links: cuts.length };
    });

const MOST_RECORDS = 6;
/** Records that mostly lead to later ones, seldom in circles, and seldom hold a fault. */
export const worlds = fc.tuple(
  ...Array.from({ length: MOST_RECORDS }, (_, index) => recordAt(index)),
);

function recordAt(index: number): fc.Arbitrary<string[]> {
  const isLast = index === MOST_RECORDS - 1;
  const later = fc.integer({ min: index + 1, max: MOST_RECORDS - (isLast ? 0 : 1) }).map(nameOf);
  const step = fc.oneof(
    { weight: isLast ? 0 : 3, arbitrary: later.map((name) => `include:${name}`) },
    { weight: 4, arbitrary: counted.filter((term) => !term.startsWith('include:')) },
    { weight: 3, arbitrary: free },
    { weight: 1, arbitrary: empty },
  );
  const rare = fc.oneof(
    { weight: 12, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fault.map((term) => [term]) },
    {
      weight: 1,
      arbitrary: fc.nat({ max: MOST_RECORDS - 1 }).map((to) => [`include:${nameOf(to)}`]),
    },
  );
  const end = fc.oneof(
    { weight: 4, arbitrary: oneOf(['-all', '~all', '?all', '-all a:gone.test']) },
    { weight: 1, arbitrary: fc.constant('') },
    { weight: isLast ? 0 : 2, arbitrary: later.map((name) => `redirect=${name}`) },
  );
  return fc
    .tuple(fc.array(step, { maxLength: 4 }), rare, end)
    .map(([steps, fault, last]) => [...steps, ...fault, ...last.split(' ')]);
}
