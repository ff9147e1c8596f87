import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';

/** Time and number of the queries of one piece of work; parallel queries count in full. */
export interface QueryTime {
  ms: number;
  queries: number;
}

const tallies = new AsyncLocalStorage<QueryTime>();

/** Runs `fn` with a tally to which each of its queries is added as it ends. */
export function withQueryTime<T>(fn: (tally: QueryTime) => T): T {
  const tally = { ms: 0, queries: 0 };
  return tallies.run(tally, () => fn(tally));
}

type Query = (...args: unknown[]) => unknown;

/**
 * Adds the queries of a connection to the tally in force, if any. The pool calls `query` with a
 * callback, transactions use its promise.
 */
export function timeQueries(client: pg.PoolClient): void {
  const query = client.query.bind(client) as Query;
  const timed: Query = (...args) => {
    const tally = tallies.getStore();
    if (tally === undefined) return query(...args);
    const startedAt = performance.now();
    const add = () => {
      tally.ms += performance.now() - startedAt;
      tally.queries += 1;
    };
    const result = query(
      ...args.map((arg) => (typeof arg === 'function' ? addFirst(add, arg as Query) : arg)),
    );
    if (result instanceof Promise) result.then(add, add);
    return result;
  };
  Object.assign(client, { query: timed });
}

const addFirst =
  (add: () => void, callback: Query): Query =>
  (...outcome) => {
    add();
    return callback(...outcome);
  };
