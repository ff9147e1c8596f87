import {
  demoAccounts,
  startSandbox,
  type Sandbox,
  type SandboxOptions,
} from '../../sandbox/index.ts';

export const NOON = Date.UTC(2026, 10, 20, 12);

/** An envelope with its two spellings folded into one. */
interface Answer {
  code: string;
  total: number | undefined;
  data: Record<string, unknown>[];
  raw: Record<string, unknown>;
}

export interface Caller {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  get(path: string): Promise<Answer>;
  send(method: string, path: string, body: unknown): Promise<Answer>;
}

/** Runs `use` against a fresh sandbox, by default one whose clock stands still. */
export async function withSandbox(
  options: SandboxOptions,
  use: (sandbox: Sandbox) => Promise<void>,
): Promise<void> {
  const sandbox = await startSandbox({ now: NOON, ...options });
  try {
    await use(sandbox);
  } finally {
    await sandbox.close(50);
  }
}

export function callerOf(
  sandbox: Sandbox,
  keys: { webKey: string; accessToken: string } = demoAccounts.summit,
): Caller {
  const headers = { 'x-web-key': keys.webKey, 'x-access-token': keys.accessToken };
  const call = (path: string, init: RequestInit = {}) =>
    fetch(sandbox.clienttether.baseUrl + path, {
      ...init,
      headers: { ...headers, ...init.headers },
    });
  return {
    fetch: call,
    get: async (path) => answerOf(await call(path)),
    send: async (method, path, body) =>
      answerOf(
        await call(path, {
          method,
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      ),
  };
}

/** Calls the control endpoint over HTTP. */
export async function control(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${sandbox.url}/_control/${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Reads a list to its end by row offset, as an adapter does. */
export async function readAll(
  caller: Caller,
  path: string,
  limit = 100,
): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (;;) {
    const { data } = await caller.get(
      `${path}${path.includes('?') ? '&' : '?'}limit=${limit}&offset=${rows.length}`,
    );
    rows.push(...data);
    if (data.length < limit) return rows;
  }
}

async function answerOf(response: Response): Promise<Answer> {
  const raw = (await response.json()) as Record<string, unknown>;
  const code = String(raw.ResultCode ?? raw.resultCode).replace('_', '');
  return {
    code,
    total: raw.TotalRecord as number | undefined,
    data: (raw.data as Record<string, unknown>[] | undefined) ?? [],
    raw,
  };
}
