import { createSocket, type RemoteInfo } from 'node:dgram';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import packet, { type Answer as WireAnswer, type Packet } from 'dns-packet';
import type { Answer, Outcome, QueryType, World } from './zones.ts';

interface Asked {
  name: string;
  type: string;
  transport: 'udp' | 'tcp';
}

export interface DnsServer {
  /** `127.0.0.1:port`, as DNS_SERVERS takes it. */
  address: string;
  port: number;
  /** Every question, in order of arrival. */
  log: readonly Asked[];
  close(): Promise<void>;
}

const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
const TTL = 300;
const MIN_UDP_BYTES = 512;
const MAX_LOGGED = 20_000;

/** Serves a world over UDP and TCP on one loopback port. */
export async function serve(world: World, port: number): Promise<DnsServer> {
  const log: Asked[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const handleQuery = (
    query: Packet,
    transport: Asked['transport'],
    send: (replyTo: Packet) => void,
  ): void => replyTo(world, query, { transport, log, timers, send });
  const tcp = createServer((socket) =>
    serveStream(socket, (query, send) => handleQuery(query, 'tcp', send)),
  );
  const sockets = new Set<Socket>();
  tcp.on(
    'connection',
    (socket) => void sockets.add(socket.once('close', () => sockets.delete(socket))),
  );
  await once(tcp.listen(port, '127.0.0.1'), 'listening');
  const bound = (tcp.address() as AddressInfo).port;
  const udp = createSocket('udp4');
  udp.on('message', (bytes, from) =>
    serveDatagram(
      bytes,
      (query, send) => handleQuery(query, 'udp', send),
      (replyTo) => sendDatagram(udp, replyTo, from),
    ),
  );
  await new Promise<void>(
    (resolve, reject) => void udp.once('error', reject).bind(bound, '127.0.0.1', resolve),
  );
  const close = async () => {
    for (const timer of timers) clearTimeout(timer);
    for (const socket of sockets) socket.destroy();
    await Promise.all([
      new Promise<void>((resolve) => void udp.close(resolve)),
      new Promise((resolve) => void tcp.close(resolve)),
    ]);
  };
  return { address: `127.0.0.1:${bound}`, port: bound, log, close };
}

type Handle = (query: Packet, send: (replyTo: Packet) => void) => void;

function serveDatagram(bytes: Buffer, handle: Handle, send: (bytes: Buffer) => void): void {
  const query = decoded(bytes);
  if (query === null) return;
  const maxBytes = Math.max(
    MIN_UDP_BYTES,
    ...(query.additionals ?? []).flatMap((record) =>
      record.type === 'OPT' ? [record.udpPayloadSize] : [],
    ),
  );
  handle(query, (replyTo) => {
    const whole = packet.encode(replyTo);
    // What does not fit is fetched over TCP.
    send(
      whole.length <= maxBytes
        ? whole
        : packet.encode({
            ...replyTo,
            flags: (replyTo.flags ?? 0) | packet.TRUNCATED_RESPONSE,
            answers: [],
          }),
    );
  });
}

function sendDatagram(
  udp: ReturnType<typeof createSocket>,
  bytes: Buffer,
  { port, address }: RemoteInfo,
): void {
  // The asker may be gone by now; the socket may be closed.
  udp.send(bytes, port, address, () => {});
}

/** Over TCP each message stands behind its length. */
function serveStream(socket: Socket, handle: Handle): void {
  let waiting = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 2 && waiting.length >= 2 + waiting.readUInt16BE(0)) {
      const end = 2 + waiting.readUInt16BE(0);
      const query = decoded(waiting.subarray(2, end));
      waiting = waiting.subarray(end);
      if (query)
        handle(
          query,
          (replyTo) => void (socket.destroyed || socket.write(packet.streamEncode(replyTo))),
        );
    }
  });
}

function decoded(bytes: Buffer): Packet | null {
  try {
    return packet.decode(bytes);
  } catch {
    return null;
  }
}

interface Exchange {
  transport: Asked['transport'];
  log: Asked[];
  timers: Set<NodeJS.Timeout>;
  send: (replyTo: Packet) => void;
}

function replyTo(world: World, query: Packet, { transport, log, timers, send }: Exchange): void {
  const [question] = query.questions ?? [];
  if (question === undefined) return;
  if (log.length < MAX_LOGGED)
    log.push({ name: question.name.toLowerCase(), type: question.type, transport });
  const outcome = world.resolve(question.name, question.type as QueryType);
  if (outcome.fault === 'no_answer') return;
  const message = buildMessage(query, outcome);
  if (outcome.fault === null || typeof outcome.fault === 'string') return send(message);
  const timer = setTimeout(() => void (timers.delete(timer), send(message)), outcome.fault.slowMs);
  timers.add(timer);
}

function buildMessage(query: Packet, { rcode, answers, fault }: Outcome): Packet {
  const code = fault === 'servfail' ? 'SERVFAIL' : fault === 'refused' ? 'REFUSED' : rcode;
  const id = fault === 'wrong_id' ? ((query.id ?? 0) + 1) % 65_536 : (query.id ?? 0);
  const flags = packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | RCODES[code];
  return {
    type: 'response',
    id,
    flags,
    questions: query.questions ?? [],
    answers: answers.map(wire),
  };
}

function wire({ name, type, data }: Answer): WireAnswer {
  const common = { name, ttl: TTL, class: 'IN' as const };
  if (type === 'MX')
    return { ...common, type, data: { preference: Number(data[0]), exchange: String(data[1]) } };
  if (type === 'TXT')
    return { ...common, type, data: typeof data === 'string' ? inStrings(data) : data.map(String) };
  return { ...common, type, data: String(data) };
}

/** A TXT record is strings of at most 255 bytes. */
function inStrings(text: string): string[] {
  return text.match(/[\s\S]{1,255}/g) ?? [''];
}
