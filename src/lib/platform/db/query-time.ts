import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';

/** What the database did for one piece of work; queries that ran side by side count in full. */
export interface QueryTime {
  ms: number;
  queries: number;
}

const tallies = new AsyncLocalStorage<QueryTime>();

/** Runs `fn` with a tally that fills while it goes on: each query that it waits for is added. */
export function withQueryTime<T>(fn: (tally: QueryTime) => T): T {
  const tally = { ms: 0, queries: 0 };
  return tallies.run(tally, () => fn(tally));
}

type Query = (...args: unknown[]) => unknown;

/**
 * Has the queries of a connection counted where somebody counts them. The pool asks with a
 * callback, transactions with a promise.
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
