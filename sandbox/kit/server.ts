import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SandboxClock } from './clock.ts';
import { CONTROL_BASE, controlFailure, controlRoutes } from './control.ts';
import { failedAfterEffect, standIn } from './fault-replies.ts';
import { FaultBook, type Effect, type Target } from './faults.ts';
import { confess, drain, listen, readRequest } from './http.ts';
import {
  htmlError,
  json,
  type Reply,
  type SandboxProvider,
  type SandboxRequest,
} from './provider.ts';
import { RequestLog } from './request-log.ts';
import { endpointName, Router, type Match } from './router.ts';
import { transmit } from './transmit.ts';

export interface KitOptions {
  providers: SandboxProvider[];
  clock: SandboxClock;
  port?: number;
  host?: string;
}

export interface Kit {
  url: string;
  port: number;
  faults: FaultBook;
  log: RequestLog;
  /**
   * Stops listening, lets requests under way end for `graceMs` (default 1,000), then cuts what is
   * left.
   */
  close(graceMs?: number): Promise<void>;
}

/**
 * Serves any number of imitated providers, each below its own base path, plus the control endpoint.
 */
export async function startKit({
  providers,
  clock,
  port = 0,
  host = '127.0.0.1',
}: KitOptions): Promise<Kit> {
  const kit = new KitServer(providers, clock);
  const server = createServer(
    (req, res) => void kit.handle(req, res).catch((error: unknown) => confess(res, error)),
  );
  await listen(server, port, host);
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://${host}:${bound}`,
    port: bound,
    faults: kit.faults,
    log: kit.log,
    close: (graceMs = 1_000) => drain(server, graceMs),
  };
}

class KitServer {
  readonly faults = new FaultBook();
  readonly log = new RequestLog();
  readonly #clock: SandboxClock;
  readonly #providers: { provider: SandboxProvider; router: Router }[];
  readonly #control: Router;
  /**
   * The last page of each endpoint, for `repeat_page`: only of the same list, not of another one at
   * the same kind of address.
   */
  readonly #lastReplies = new Map<string, { list: string; reply: Reply }>();

  constructor(providers: SandboxProvider[], clock: SandboxClock) {
    this.#clock = clock;
    this.#providers = providers.map((provider) => ({
      provider,
      router: new Router(provider.routes),
    }));
    const byKey = new Map(providers.map((provider) => [provider.key, provider]));
    this.#control = new Router(
      controlRoutes({ clock, faults: this.faults, log: this.log, providers: byKey }),
    );
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const request = await readRequest(req);
    if (request.path.startsWith(CONTROL_BASE))
      return transmit(res, await this.#respondToControl(request), null);
    const found = this.#providers.find(({ provider }) =>
      request.path.startsWith(provider.basePath),
    );
    if (!found) return transmit(res, htmlError(404, 'Not Found'), null);
    const { provider, router } = found;
    const match = router.match(request.method, request.path.slice(provider.basePath.length));
    request.account = provider.identify(request);
    const target = {
      provider: provider.key,
      account: request.account,
      endpoint: match ? endpointName(match.route) : `${request.method} (unknown)`,
    };
    await this.#serve(req, res, { provider, request, match, target });
  }

  async #serve(req: IncomingMessage, res: ServerResponse, job: Job): Promise<void> {
    const end = this.log.begin(job.target, req.url ?? '', this.#clock.now());
    const { latencyMs, effect } = this.faults.judge(job.target);
    const faulty = effect?.kind ?? (latencyMs > 0 ? 'latency' : null);
    let status: number | null = null;
    try {
      if (latencyMs > 0) await sleep(latencyMs);
      if (effect?.kind === 'down') return void req.socket.destroy();
      const reply = await this.#reply(job, effect);
      await transmit(res, reply, effect);
      if (!res.destroyed || res.writableEnded) status = reply.status;
    } finally {
      end({ status, fault: faulty });
    }
  }

  async #reply(job: Job, effect: Effect | null): Promise<Reply> {
    const instead = effect && standIn(effect, this.#clock.now());
    if (instead) return instead;
    const list = job.provider.list?.(job.request) ?? job.request.path;
    const key = `${job.target.provider}/${job.target.account}/${job.target.endpoint}`;
    if (effect?.kind === 'repeat_page') {
      const last = this.#lastReplies.get(key);
      if (last?.list === list) return last.reply;
    }
    job.request.endless = effect?.kind === 'endless_pages';
    const reply = await respond(job);
    this.#lastReplies.set(key, { list, reply });
    return effect?.kind === 'fail_after_effect' ? failedAfterEffect(effect.status) : reply;
  }

  /** Browsers send Origin with what a page asks for; no page has business here. */
  async #respondToControl(request: SandboxRequest): Promise<Reply> {
    if (request.headers.origin) return json({ error: 'not for browsers' }, 403);
    const match = this.#control.match(request.method, request.path.slice(CONTROL_BASE.length));
    if (!match)
      return json({ error: 'no such control route; GET /_control/ shows what there is' }, 404);
    try {
      return await match.route.handle({ ...request, params: match.params });
    } catch (error) {
      return controlFailure(error);
    }
  }
}

interface Job {
  provider: SandboxProvider;
  request: SandboxRequest;
  match: Match | null;
  target: Target;
}

async function respond({ provider, request, match }: Job): Promise<Reply> {
  const stopped = provider.guard?.(request);
  if (stopped) return stopped;
  if (!match) return htmlError(404, 'Not Found');
  request.params = match.params;
  return match.route.handle(request);
}
