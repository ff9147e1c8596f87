import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll } from 'vitest';

/** Stands between a process and the database, and sees every statement that the process sends. */
export interface StatementLog {
  /** For the process; has the address of the proxy instead of the server's. */
  url: string;
  /** The texts of the statements that were sent while `work` ran, BEGIN and COMMIT included. */
  during(work: () => Promise<unknown>): Promise<string[]>;
}

/**
 * A proxy in front of a PostgreSQL server, on a free port. It copies every byte and reads the
 * messages of the client on the way, so it counts on any server and needs no extension there. Call
 * at the top of a file.
 */
export function useStatementLog(databaseUrl: string): StatementLog {
  const sent: string[] = [];
  const sockets = new Set<Socket>();
  const target = new URL(databaseUrl);
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname);
    const read = readStatements((text) => sent.push(text));
    client.on('data', read).pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [client, upstream].forEach((each) => each.destroy()));
    }
  });
  const log: StatementLog = {
    url: '',
    during: async (work) => {
      const start = sent.length;
      await work();
      return sent.slice(start);
    },
  };
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    log.url = url.href;
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return log;
}

/**
 * Reads what a client sends as messages: a type of one byte, except for the first, then the length
 * with itself in four bytes, then the content. A statement is a Query, or an Execute of what the
 * latest Bind named.
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
function readStatements(found: (text: string) => void): (chunk: Buffer) => void {
  const prepared = new Map<string, string>();
  let bound = '';
  let rest: Buffer = Buffer.alloc(0);
  let hasStarted = false;
  const read: Record<string, (content: Buffer) => void> = {
    Q: (content) => found(readTexts(content)[0] ?? ''),
    P: (content) => {
      const [name = '', text = ''] = readTexts(content);
      prepared.set(name, text);
    },
    B: (content) => {
      bound = prepared.get(readTexts(content)[1] ?? '') ?? '';
    },
    E: () => found(bound),
  };
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const offset = hasStarted ? 1 : 0;
      if (rest.length < offset + 4) return;
      const end = offset + rest.readUInt32BE(offset);
      if (rest.length < end) return;
      if (hasStarted) read[String.fromCharCode(rest[0] ?? 0)]?.(rest.subarray(offset + 4, end));
      hasStarted = true;
      rest = rest.subarray(end);
    }
  };
}

/** The first two texts, each of which ends with a NUL. */
function readTexts(content: Buffer): string[] {
  return content.toString('utf8').split('\0', 2);
}
