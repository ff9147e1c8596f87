import type { RunningServer } from './server.ts';

export interface Answer {
  status: number;
  /** Path that a redirect leads to. */
  location: string | null;
  heading: string | undefined;
  text: string;
  headers: Headers;
}

/**
 * A browser without script on the running application: keeps cookies, does not follow redirects.
 */
export class Visitor {
  readonly jar = new Map<string, string>();
  private readonly server: RunningServer;

  constructor(server: RunningServer) {
    this.server = server;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send(path, { headers });
  }

  /** Submits a form as the page of the same address would. */
  post(
    path: string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.send(path, {
      method: 'POST',
      body: new URLSearchParams(fields),
      headers: { origin: this.server.url, ...headers },
    });
  }

  async send(path: string, init: RequestInit): Promise<Answer> {
    const headers = new Headers(init.headers);
    if (this.jar.size > 0)
      headers.set('cookie', [...this.jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(this.server.url + path, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) this.keep(line);
    const text = await response.text();
    const heading = /<h1[^>]*>([^<]*)/.exec(text)?.[1];
    return {
      status: response.status,
      location: response.headers.get('location'),
      heading,
      text,
      headers: response.headers,
    };
  }

  private keep(line: string): void {
    const [pair = ''] = line.split(';', 1);
    const equals = pair.indexOf('=');
    if (/max-age=0/i.test(line)) this.jar.delete(pair.slice(0, equals));
    else this.jar.set(pair.slice(0, equals), pair.slice(equals + 1));
  }
}
