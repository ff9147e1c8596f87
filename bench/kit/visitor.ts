import { Client } from 'undici';

/** A browser as far as the server's work goes: one kept-alive connection, a session, gzip. */
export interface Visitor {
  get(path: string): Promise<string>;
  /** Milliseconds from sending the request to the last byte of the response. */
  time(path: string): Promise<number>;
  close(): Promise<void>;
}

export function visit(port: number, cookie?: string): Visitor {
  const client = new Client(`http://127.0.0.1:${port}`);
  const headers = cookie === undefined ? {} : { cookie };
  const send = async (path: string, more: Record<string, string>) => {
    const { statusCode, body } = await client.request({
      method: 'GET',
      path,
      headers: { ...headers, ...more },
    });
    const bytes = await body.arrayBuffer();
    if (statusCode !== 200) throw new Error(`${path} was answered with ${statusCode}`);
    return bytes;
  };
  return {
    get: async (path) => Buffer.from(await send(path, {})).toString('utf8'),
    time: async (path) => {
      const startedAt = performance.now();
      await send(path, { 'accept-encoding': 'gzip' });
      return performance.now() - startedAt;
    },
    close: () => client.close(),
  };
}

/** Signs in and gives the cookies to send. */
export async function signIn(port: number, email: string, password: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/api/auth/sign-in/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: 'http://127.0.0.1' },
    body: JSON.stringify({ email, password }),
  });
  if (!response.ok) throw new Error(`Signing in was answered with ${response.status}`);
  return response.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}
