import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findCopies,
  type DealEdge,
  type DealNode,
  type LiveDeal,
} from '#lib/ingest/links/standing.ts';

const connections = ['a', 'b', 'c'];

/** Up to ten leads and opportunities in three systems, linked at random; some deals are gone. */
const worlds = fc
  .array(
    fc.record({
      connectionId: fc.constantFrom(...connections),
      entity: fc.constantFrom('lead' as const, 'opportunity' as const),
      isLive: fc.boolean(),
      day: fc.option(fc.integer({ min: 1, max: 3 })),
    }),
    { minLength: 1, maxLength: 10 },
  )
  .chain((given) =>
    fc.record({
      given: fc.constant(given),
      pairs: fc.array(
        fc.record({
          from: fc.nat({ max: given.length - 1 }),
          to: fc.nat({ max: given.length - 1 }),
          pushed: fc.boolean(),
        }),
        { maxLength: 14 },
      ),
    }),
  )
  .map(({ given, pairs }) => {
    const keys = given.map((_, index) => `key-${index}`);
    const nodes: DealNode[] = given.map(({ connectionId, entity }, index) => ({
      key: `key-${index}`,
      connectionId,
      entity,
    }));
    const edges: DealEdge[] = pairs
      .filter(({ from, to }) => from !== to)
      .map(({ from, to, pushed }) => ({ from: keys[from] ?? '', to: keys[to] ?? '', pushed }));
    const deals: LiveDeal[] = given.flatMap(({ entity, isLive, connectionId, day }, index) =>
      entity === 'opportunity' && isLive
        ? [
            {
              key: `key-${index}`,
              id: `id-${index}`,
              connectionId,
              sourceCreatedAt: day === null ? null : new Date(Date.UTC(2026, 0, day)),
            },
          ]
        : [],
    );
    return { nodes, edges, deals };
  });

/** The keys that edges connect with a key. */
function reach(edges: readonly DealEdge[], from: string): Set<string> {
  const reached = new Set([from]);
  for (let size = 0; size !== reached.size;) {
    size = reached.size;
    for (const edge of edges)
      if (reached.has(edge.from) || reached.has(edge.to)) reached.add(edge.from).add(edge.to);
  }
  return reached;
}

describe('which opportunity stands', () => {
  it('is decided for each, and a copy points to one that stands and is connected with it', () => {
    fc.assert(
      fc.property(worlds, ({ nodes, edges, deals }) => {
        const standing = findCopies(nodes, edges, deals);
        expect([...standing.keys()].toSorted()).toEqual(deals.map(({ id }) => id).toSorted());
        for (const deal of deals) {
          const original = standing.get(deal.id) ?? null;
          if (original === null) continue;
          expect(standing.get(original)).toBeNull();
          const { key = '' } = deals.find(({ id }) => id === original) ?? {};
          expect(reach(edges, deal.key)).toContain(key);
        }
      }),
    );
  });

  it('is of one system for all that is connected, and shows a deal that has no link', () => {
    fc.assert(
      fc.property(worlds, ({ nodes, edges, deals }) => {
        const standing = findCopies(nodes, edges, deals);
        for (const deal of deals) {
          const connected = reach(edges, deal.key);
          const shown = deals.filter(
            ({ id, key }) => connected.has(key) && standing.get(id) === null,
          );
          expect(new Set(shown.map(({ connectionId }) => connectionId)).size).toBe(1);
          if (connected.size === 1) expect(standing.get(deal.id)).toBeNull();
        }
      }),
    );
  });

  it('does not depend on the order in which records and links arrived', () => {
    fc.assert(
      fc.property(worlds, ({ nodes, edges, deals }) => {
        const forwards = findCopies(nodes, edges, deals);
        const backwards = findCopies(nodes.toReversed(), edges.toReversed(), deals.toReversed());
        expect(new Map([...backwards].toSorted())).toEqual(new Map([...forwards].toSorted()));
      }),
    );
  });

  it('is that of the system that pushed the lead, and every deal that the lead has there', () => {
    const nodes: DealNode[] = [
      { key: 'lead', connectionId: 'b', entity: 'lead' },
      { key: 'first', connectionId: 'b', entity: 'opportunity' },
      { key: 'second', connectionId: 'b', entity: 'opportunity' },
      { key: 'copy', connectionId: 'a', entity: 'lead' },
      { key: 'made', connectionId: 'a', entity: 'opportunity' },
    ];
    const same = (from: string, to: string, pushed = false): DealEdge => ({ from, to, pushed });
    const edges = [
      same('first', 'lead'),
      same('second', 'lead'),
      same('lead', 'copy', true),
      same('made', 'copy'),
    ];
    const deal = (key: string, connectionId: string): LiveDeal => ({
      key,
      id: key,
      connectionId,
      sourceCreatedAt: null,
    });
    const all = [deal('first', 'b'), deal('second', 'b'), deal('made', 'a')];
    expect(Object.fromEntries(findCopies(nodes, edges, all))).toEqual({
      first: null,
      second: null,
      made: 'first',
    });
    expect(Object.fromEntries(findCopies(nodes, edges, [deal('made', 'a')]))).toEqual({
      made: null,
    });
  });
});
