/*
 * Which of several opportunities that are one deal is shown and counted. Everything here is pure:
 * it depends on links and on the opportunities that are there, and not on what arrived first.
 */

/** A lead or an opportunity that links name, held or not. `key` is its key at its source. */
export interface DealNode {
  key: string;
  connectionId: string;
  entity: 'lead' | 'opportunity';
}

/** Two nodes that are the same; `pushed` when a push made or found `to` for `from`. */
export interface DealEdge {
  from: string;
  to: string;
  pushed: boolean;
}

/** An opportunity that its source still has. */
export interface LiveDeal {
  key: string;
  id: string;
  connectionId: string;
  sourceCreatedAt: Date | null;
}

/**
 * For each live opportunity, the id of the one that stands for it; null for one that stands.
 *
 * All that links connect is one deal, or the deals of one lead. The system stands from which the
 * lead came: the one that pushed it, else one with a lead that nobody pushed there. Deals of other
 * systems are copies of the oldest deal there. Of two opportunities that are linked directly one
 * stands also within one system.
 */
export function findCopies(
  nodes: readonly DealNode[],
  edges: readonly DealEdge[],
  deals: readonly LiveDeal[],
): Map<string, string | null> {
  const groups = groupBy(nodes, edges);
  const isDeal = new Map(nodes.map(({ key, entity }) => [key, entity === 'opportunity']));
  const direct = edges.filter(({ from, to }) => isDeal.get(from) === true && isDeal.get(to));
  const single = groupBy(nodes, direct);
  const ranks = rankConnections(nodes, edges, groups);
  const standing = new Map<string, string | null>();
  for (const [group, all] of Map.groupBy(deals, ({ key }) => groups.get(key) ?? key)) {
    const order = compareDeals(ranks.get(group) ?? new Map<string, number>());
    const ordered = all.toSorted(order);
    const [first] = ordered;
    for (const [, same] of Map.groupBy(ordered, ({ key }) => single.get(key) ?? key)) {
      const [own] = same;
      // Of the systems but the first, no deal stands.
      const stands = own?.connectionId === first?.connectionId ? own : first;
      for (const deal of same) standing.set(deal.id, deal === stands ? null : (stands?.id ?? null));
    }
  }
  return standing;
}

/** By the rank of their system, then the oldest first. */
const compareDeals =
  (ranks: ReadonlyMap<string, number>) =>
  (one: LiveDeal, other: LiveDeal): number =>
    (ranks.get(one.connectionId) ?? unranked) - (ranks.get(other.connectionId) ?? unranked) ||
    compareText(one.connectionId, other.connectionId) ||
    (one.sourceCreatedAt?.getTime() ?? Number.MAX_SAFE_INTEGER) -
      (other.sourceCreatedAt?.getTime() ?? Number.MAX_SAFE_INTEGER) ||
    compareText(one.id, other.id);

const unranked = 2;

/** By group and connection: 0 where its lead was pushed from, 1 where nobody pushed its lead to. */
function rankConnections(
  nodes: readonly DealNode[],
  edges: readonly DealEdge[],
  groups: ReadonlyMap<string, string>,
): Map<string, Map<string, number>> {
  const pushed = edges.filter((edge) => edge.pushed);
  const [sources, copies] = [
    new Set(pushed.map(({ from }) => from)),
    new Set(pushed.map(({ to }) => to)),
  ];
  const ranks = new Map<string, Map<string, number>>();
  for (const { key, connectionId, entity } of nodes) {
    if (entity !== 'lead' || copies.has(key)) continue;
    const group = groups.get(key) ?? key;
    const own = ranks.get(group) ?? new Map<string, number>();
    own.set(connectionId, Math.min(own.get(connectionId) ?? 1, sources.has(key) ? 0 : 1));
    ranks.set(group, own);
  }
  return ranks;
}

/** The smallest key of the nodes that edges connect a node with, by the node's key. */
function groupBy(nodes: readonly DealNode[], edges: readonly DealEdge[]): Map<string, string> {
  const parents = new Map(nodes.map(({ key }) => [key, key]));
  const find = (key: string): string => {
    let root = key;
    for (
      let next = parents.get(root);
      next !== undefined && next !== root;
      next = parents.get(root)
    )
      root = next;
    parents.set(key, root);
    return root;
  };
  for (const { from, to } of edges) {
    const [one, other] = [find(from), find(to)];
    parents.set(
      compareText(one, other) < 0 ? other : one,
      compareText(one, other) < 0 ? one : other,
    );
  }
  return new Map(nodes.map(({ key }) => [key, find(key)]));
}

const compareText = (one: string, other: string): number =>
  one === other ? 0 : one < other ? -1 : 1;
