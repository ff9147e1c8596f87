import { Agent, request, type IncomingHttpHeaders } from 'node:http';
import type { HostileRequest } from './requests.ts';

const agent = new Agent({ keepAlive: true, maxSockets: 8 });

export interface HostileAnswer {
  /** 0 when the connection ended without an answer. */
  status: number;
  text: string;
  setCookies: string[];
  headers: IncomingHttpHeaders;
}

/**
 * Sends a request as it is: `fetch` tidies up addresses and refuses some methods. Rejects when no
 * answer came within `patienceMs`.
 */
export function send(
  origin: string,
  { method, path, headers, body }: HostileRequest,
  patienceMs: number,
): Promise<HostileAnswer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { agent, hostname, port, method, path, headers, setHost: headers['host'] === undefined },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('error', reject).on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text,
            setCookies: response.headers['set-cookie'] ?? [],
            headers: response.headers,
          }),
        );
      },
    );
    const patience = setTimeout(() => {
      reject(new Error('no answer'));
      outgoing.destroy();
    }, patienceMs);
    outgoing.on('close', () => clearTimeout(patience));
    outgoing.on('error', () => resolve({ status: 0, text: '', setCookies: [], headers: {} }));
    outgoing.end(body);
  });
}

export const closeConnections = (): void => agent.destroy();
