/*
 * HTTP clients that are closed when the file of tests has ended.
 */
import { afterAll } from 'vitest';
import {
  createHttpClient,
  type HttpClientOptions,
  type OwnedHttpClient,
} from '#lib/platform/http/client.ts';
import type { RemoteError } from '#lib/platform/http/errors.ts';

const clients: OwnedHttpClient[] = [];
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
});

export function client(options: Partial<HttpClientOptions> = {}): OwnedHttpClient {
  const made = createHttpClient({
    allowedHosts: [],
    allowLoopback: true,
    retry: { retries: 0 },
    ...options,
  });
  clients.push(made);
  return made;
}

export const failure = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: RemoteError) => error,
  );
