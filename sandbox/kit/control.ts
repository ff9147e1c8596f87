import { inspect } from 'node:util';
import { ZodError } from 'zod';
import type { SandboxClock } from './clock.ts';
import type { FaultBook, FaultInput } from './faults.ts';
import { ControlError, json, type Reply, type Route, type SandboxProvider } from './provider.ts';
import type { RequestLog } from './request-log.ts';

export const CONTROL_BASE = '/_control/';

export interface Controlled {
  clock: SandboxClock;
  faults: FaultBook;
  log: RequestLog;
  providers: ReadonlyMap<string, SandboxProvider>;
}

/** The routes below `/_control/`; README.md lists them for people. */
export function controlRoutes(controlled: Controlled): Route[] {
  const { clock, log, providers } = controlled;
  return [
    { method: 'GET', pattern: '', handle: () => json(overview(providers, clock)) },
    ...faultRoutes(controlled),
    { method: 'GET', pattern: 'counters', handle: () => json(log.counters()) },
    { method: 'GET', pattern: 'log', handle: () => json(log.entries()) },
    { method: 'POST', pattern: 'reset', handle: ({ body }) => reset(controlled, body) },
    {
      method: 'POST',
      pattern: 'clock',
      handle: ({ body }) => (clock.shift(milliseconds(body)), json({ now: clock.now() })),
    },
    ...accountRoutes(controlled),
  ];
}

function faultRoutes({ faults }: Controlled): Route[] {
  return [
    { method: 'GET', pattern: 'faults', handle: () => json(faults.list()) },
    {
      method: 'POST',
      pattern: 'faults',
      handle: ({ body }) => json({ id: faults.arm(parse(body) as FaultInput) }, 201),
    },
    { method: 'DELETE', pattern: 'faults', handle: () => (faults.disarm(), json({ ok: true })) },
    {
      method: 'DELETE',
      pattern: 'faults/:id',
      handle: ({ params }) => (faults.disarm(Number(params.id)), json({ ok: true })),
    },
  ];
}

function accountRoutes({ providers }: Controlled): Route[] {
  const control = (key = '') => {
    const provider = providers.get(key);
    if (!provider)
      throw new ControlError(
        `no provider '${key}'; there are: ${[...providers.keys()].join(', ')}`,
        404,
      );
    return provider.control;
  };
  return [
    {
      method: 'GET',
      pattern: 'truth/:provider/:account',
      handle: ({ params, query }) =>
        json(control(params.provider).truth(params.account ?? '', query.get('kind') ?? undefined)),
    },
    {
      method: 'POST',
      pattern: 'mutate/:provider/:account',
      handle: ({ params, body }) =>
        json(control(params.provider).mutate(params.account ?? '', parse(body))),
    },
    {
      method: 'POST',
      pattern: 'poison/:provider/:account',
      handle: ({ params, body }) =>
        json(control(params.provider).poison(params.account ?? '', parse(body))),
    },
  ];
}

function reset({ clock, faults, log, providers }: Controlled, body: string): Reply {
  faults.disarm();
  log.clear();
  if ((parse(body || '{}') as { accounts?: boolean }).accounts) {
    clock.reset();
    for (const provider of providers.values()) provider.control.rebuild();
  }
  return json({ ok: true });
}

/** @returns the response of a control route that throws */
export function controlFailure(error: unknown): Reply {
  if (error instanceof ControlError) return json({ error: error.message }, error.status);
  if (error instanceof ZodError)
    return json({ error: 'not understood', issues: error.issues }, 400);
  return json({ error: error instanceof Error ? error.message : inspect(error) }, 500);
}

function overview(providers: ReadonlyMap<string, SandboxProvider>, clock: SandboxClock) {
  const list = [...providers.values()];
  return {
    now: new Date(clock.now()).toISOString(),
    providers: list.map(({ key, basePath, routes, control }) => ({
      key,
      basePath,
      accounts: control.accounts(),
      endpoints: routes.map((r) => `${r.method} ${r.pattern}`),
    })),
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ControlError('the body is not JSON');
  }
}

function milliseconds(body: string): number {
  const { advanceMs } = parse(body) as { advanceMs?: unknown };
  if (typeof advanceMs !== 'number' || !Number.isFinite(advanceMs))
    throw new ControlError('advanceMs must be a number');
  return advanceMs;
}
