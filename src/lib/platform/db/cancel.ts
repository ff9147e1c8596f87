import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

const signals = new AsyncLocalStorage<AbortSignal>();

/**
 * Runs `work` so that its queries end with `signal`: the statement under way is cancelled on the
 * server, and it and every later one reject with the reason of the signal.
 */
export function withCancellation<T>(signal: AbortSignal, work: () => T): T {
  return signals.run(signal, work);
}

/** Runs `work` whatever becomes of who asked for it: for what others wait for as well. */
export function withoutCancellation<T>(work: () => T): T {
  return signals.exit(work);
}

/** Whether the work under way has been cancelled. */
export function isCancelled(): boolean {
  return signals.getStore()?.aborted ?? false;
}

/** Throws the reason for which the work under way has been cancelled, if it has. */
export function throwIfCancelled(): void {
  signals.getStore()?.throwIfAborted();
}

type Query = (...args: unknown[]) => unknown;
type Callback = (error: unknown, result?: unknown) => void;

/**
 * Makes the queries of a connection heed the signal of the work that sends them, if it has one. The
 * pool calls `query` with a callback, transactions use its promise.
 */
export function makeCancellable(client: pg.PoolClient): void {
  const query = client.query.bind(client) as Query;
  const cancellable: Query = (...args) => {
    const signal = signals.getStore();
    if (signal === undefined) return query(...args);
    const callback = args.at(-1);
    if (typeof callback !== 'function') return follow(client, signal, () => query(...args));
    const settled = follow(client, signal, () => callBack(query, args.slice(0, -1)));
    settled.then((result) => (callback as Callback)(null, result), callback as Callback);
    return undefined;
  };
  Object.assign(client, { query: cancellable });
}

function callBack(query: Query, args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const done: Callback = (error, result) => (error ? reject(error) : resolve(result));
    query(...args, done);
  });
}

async function follow(
  client: pg.PoolClient,
  signal: AbortSignal,
  run: () => unknown,
): Promise<unknown> {
  signal.throwIfAborted();
  const { promise: cancelled, reject } = Promise.withResolvers<never>();
  const cancel = () => {
    // Rejecting comes first: whoever waits is told the reason, not that the connection broke.
    reject(signal.reason);
    sever(client as unknown as Connected);
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    return await Promise.race([run(), cancelled]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** What pg keeps in a client and its types do not tell. */
interface Connected {
  host: string;
  port: number;
  ssl: unknown;
  sslNegotiation: string;
  processID: number;
  secretKey: number;
  connection: Wire;
}

interface Wire extends pg.Connection {
  connect(port: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

/**
 * Cancels the statement of a connection and closes it. The server does not look at a connection
 * while it computes, so closing alone would leave the statement running; it reads a request to
 * cancel from a connection of its own. A request that arrived late would hit the next statement of
 * the connection, therefore nobody uses the connection again.
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
function sever(client: Connected): void {
  const { host, port, ssl, sslNegotiation, processID, secretKey } = client;
  const messenger = new pg.Connection({ ssl, sslNegotiation } as pg.ConnectionConfig) as Wire;
  const send = () => messenger.cancel(processID, secretKey);
  messenger.on('error', () => {});
  messenger.once('sslconnect', send);
  messenger.once('connect', () => {
    if (!ssl) send();
    else if (sslNegotiation !== 'direct') messenger.requestSsl();
  });
  if (host.startsWith('/')) messenger.connect(`${host}/.s.PGSQL.${port}`);
  else messenger.connect(port, host);
  client.connection.stream.destroy();
}
