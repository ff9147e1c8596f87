import { ensureBuilt } from '../../scripts/build.ts';
import { startPart, stopPart, whenReady } from '../../scripts/processes.ts';
import { testEnv } from './database.ts';

/** The password of everybody that `WebClient.signIn` signs in. */
export const password = 'correct horse battery';

/** The built web application as a process of its own, on a free port. */
export interface Web {
  url: string;
  pid: number;
  /** Somebody who is not signed in. */
  visitor(): WebClient;
  /** Somebody who has just signed in. */
  signIn(email: string, secret?: string): Promise<WebClient>;
  stop(): Promise<void>;
}

/**
 * Starts the pages as they are built for production, after building them if nobody has yet. Stop it
 * in `afterAll`.
 */
export async function startWeb(
  databaseUrl: string,
  extraEnv: Record<string, string> = {},
): Promise<Web> {
  await ensureBuilt();
  const part = startPart('web', 'scripts/web.ts', {
    ...testEnv(databaseUrl),
    PORT: '0',
    ...extraEnv,
  });
  const { port } = await whenReady(part);
  const url = `http://localhost:${port}`;
  return {
    url,
    pid: part.child.pid ?? 0,
    visitor: () => new WebClient(url),
    signIn: async (email, secret = password) => new WebClient(url).signIn(email, secret),
    stop: () => stopPart(part),
  };
}

/**
 * A browser as far as HTTP goes: keeps cookies, says where a form comes from, follows no redirect.
 */
export class WebClient {
  readonly jar = new Map<string, string>();
  private readonly origin: string;

  constructor(origin: string) {
    this.origin = origin;
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.jar.size > 0)
      headers.set('cookie', [...this.jar].map(([name, value]) => `${name}=${value}`).join('; '));
    if (init.method !== undefined && init.method !== 'GET' && !headers.has('origin'))
      headers.set('origin', this.origin);
    const response = await fetch(new URL(path, this.origin), {
      redirect: 'manual',
      ...init,
      headers,
    });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    return response;
  }

  /** The response's JSON with its status. */
  async json<Body = Record<string, unknown>>(
    path: string,
    init?: RequestInit,
  ): Promise<{ status: number; headers: Headers; body: Body }> {
    const response = await this.fetch(path, {
      ...init,
      headers: {
        accept: 'application/json',
        ...(init?.headers as Record<string, string> | undefined),
      },
    });
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Body,
    };
  }

  async text(path: string): Promise<string> {
    return (await this.fetch(path)).text();
  }

  postJson<Body = Record<string, unknown>>(path: string, body: unknown = {}) {
    return this.json<Body>(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  }

  /** Posts a form as a page without scripts does. */
  postForm(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    return this.fetch(path, { method: 'POST', body: new URLSearchParams(fields), headers });
  }

  async signIn(email: string, secret: string): Promise<this> {
    const { status } = await this.postJson('/api/auth/sign-in/email', { email, password: secret });
    if (status !== 200) throw new Error(`${email} could not sign in: ${status}`);
    return this;
  }

  private keep(line: string): void {
    const [pair = ''] = line.split(';', 1);
    const equals = pair.indexOf('=');
    if (/max-age=0/i.test(line)) this.jar.delete(pair.slice(0, equals));
    else this.jar.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
}
