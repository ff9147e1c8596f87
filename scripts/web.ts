import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import compression from 'compression';
import sirv from 'sirv';
import { fallbackAlertsTask } from '#lib/ops/alerts/task.ts';
import { closeDatabase } from '../src/lib/platform/db/database.ts';
import { reportMissingAuthSecrets } from '#lib/identity/auth/rotate-secrets.ts';
import { assertUsableKeys } from '../src/lib/connections/keys/verify.ts';
import { assertUsableDatabase } from '../src/lib/platform/db/readiness.ts';
import { config, ConfigError } from '../src/lib/platform/config.ts';
import { freezeObjectPrototype } from '../src/lib/platform/frozen-prototype.ts';
import { log } from '../src/lib/platform/log.ts';
import { startPeriodicTasks } from '../src/lib/platform/periodic/run.ts';
import { safeReason } from '../src/lib/platform/secrets.ts';
import { onStopWatched } from '../src/lib/platform/stop/signals.ts';
import { startTracing } from '../src/lib/platform/tracing.ts';
import { limitRequests, type Serve } from './admission.ts';
import { watchDrain } from './backpressure.ts';
import { secureAnswers, setCaching } from './security-headers.ts';
import { refuseUnparsed, refuseUnreadable } from './unreadable-requests.ts';

/** The share of the time to stop that open requests have to finish. */
const drainShare = 5 / 7;

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;
/** The adapter's handler, with the `locals` that routes read. */
type AdapterHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: undefined,
  locals: Partial<App.Locals>,
) => Promise<void>;

/**
 * Serves the built pages with our own HTTP server: the adapter's standalone server cannot drain
 * open requests.
 */
async function main(): Promise<void> {
  freezeObjectPrototype();
  const { HOST, PORT, REQUEST_CONCURRENCY, REQUEST_QUEUE_SIZE, STOP_TIMEOUT_SECONDS } = config();
  await assertUsableDatabase();
  await assertUsableKeys();
  await reportMissingAuthSecrets();
  // Closes the pool of the checks; the application in the build opens its own.
  await closeDatabase();
  const stopTracing = await startTracing('tributary-web');
  const server = createServer(
    // Refused like everything else that cannot be read, with all headers.
    { requireHostHeader: false },
    chainHandlers([
      secureAnswers,
      refuseUnreadable,
      compression() as unknown as Handler,
      serveStaticFiles(),
      limitRequests(await loadApplication(), {
        concurrency: REQUEST_CONCURRENCY,
        queueSize: REQUEST_QUEUE_SIZE,
      }),
    ]),
  );
  server.requestTimeout = 60_000;
  refuseUnparsed(server);
  const countOpen = countOpenRequests(server);
  await listen(server, PORT, HOST);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : PORT;
  // Port 0 selects a free port. The application reads its configuration on the first request and
  // derives its origin from the port.
  process.env['PORT'] = String(port);
  const stopPeriodic = startPeriodicTasks([fallbackAlertsTask()]);
  const stopTimeoutMs = STOP_TIMEOUT_SECONDS * 1000;
  onStopWatched(async (signal) => {
    log.info({ event: 'web.stopping', signal }, 'Web is stopping');
    const cutOff = await drain(server, countOpen, stopTimeoutMs * drainShare);
    await stopPeriodic();
    await stopTracing();
    if (cutOff > 0)
      throw new Error(`Requests that were still open and had to be cut off: ${cutOff}.`);
  }, stopTimeoutMs);
  log.info({ event: 'web.ready', port }, 'Web is ready');
  process.send?.({ ready: true, port });
}

async function loadApplication(): Promise<Serve> {
  const entry = path.resolve('dist', 'server', 'entry.mjs');
  if (!existsSync(entry)) throw new Error('The pages are not built. Run: npm run build');
  const { handler } = (await import(pathToFileURL(entry).href)) as { handler: AdapterHandler };
  return (request, response, leaveQueue, load) =>
    handler(request, response, undefined, { drained: watchDrain(response), leaveQueue, load });
}

/** Files with a digest in their name never change; browsers revalidate all others. */
function serveStaticFiles(): Handler {
  const immutable = 'public, max-age=31536000, immutable';
  const serve = sirv(path.resolve('dist', 'client'), { etag: true });
  return (request, response, next) => {
    setCaching(response, request.url?.startsWith('/_astro/') ? immutable : 'no-cache');
    serve(request, response, () => {
      setCaching(response, undefined);
      next();
    });
  };
}

function chainHandlers(handlers: Handler[]) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const run = (index: number): void => handlers[index]?.(request, response, () => run(index + 1));
    try {
      run(0);
    } catch (error) {
      // Uncaught, it would end the process, and with it the requests of everybody else.
      log.error({ event: 'http.error', reason: safeReason(error) }, 'A request failed');
      if (!response.headersSent) response.statusCode = 500;
      response.end();
    }
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(
              `Port ${port} is taken. Stop the other program, or ` +
                'choose another port: PORT=4400 npm start',
            )
          : error,
      );
    });
    server.listen(port, host, resolve);
  });
}

/** Returns a function that tells how many requests are without a complete response. */
function countOpenRequests(server: Server): () => number {
  let open = 0;
  server.on('request', (_request, response: ServerResponse) => {
    open += 1;
    response.once('close', () => (open -= 1));
  });
  return () => open;
}

/**
 * Stops listening and waits for open requests, after `timeoutMs` no longer. Returns how many were
 * cut off then.
 */
function drain(server: Server, countOpen: () => number, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    let cutOff = 0;
    server.close(() => resolve(cutOff));
    server.closeIdleConnections();
    setTimeout(() => {
      cutOff = countOpen();
      server.closeAllConnections();
    }, timeoutMs).unref();
  });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof ConfigError ? error.message : safeReason(error)}\n`);
  process.exit(1);
});
