import { createServer, connect, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';

const db = useDatabase();

/** A cable to the database that can be pulled. */
class Cable {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;
  private plugged = true;

  constructor(target: URL) {
    this.server = createServer((near) => {
      if (!this.plugged) return void near.destroy();
      const far = connect(Number(target.port), target.hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(one);
        one.on('error', () => other.destroy()).on('close', () => other.destroy());
        one.pipe(other);
      }
    });
  }

  listen(): Promise<number> {
    return new Promise((resolve) =>
      this.server.listen(0, '127.0.0.1', () =>
        resolve((this.server.address() as { port: number }).port),
      ),
    );
  }

  pull(): void {
    this.plugged = false;
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  plug(): void {
    this.plugged = true;
  }

  close(): void {
    this.pull();
    this.server.close();
  }
}

let cable: Cable;
let web: Web;
let client: WebClient;

beforeAll(async () => {
  const url = new URL(db.url);
  cable = new Cable(url);
  const through = new URL(db.url);
  through.hostname = '127.0.0.1';
  through.port = String(await cable.listen());
  await createTenant({ slug: 'north', name: 'North' });
  await createUser({ email: 'viewer@north.test', password, tenantSlug: 'north' });
  web = await startWeb(through.href);
  client = await web.signIn('viewer@north.test');
});
afterAll(async () => {
  await web?.stop();
  cable?.close();
});

describe('health', () => {
  it('is alive and ready', async () => {
    expect(await web.visitor().json('/healthz')).toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
    expect(await web.visitor().json('/readyz')).toMatchObject({
      status: 200,
      body: { ready: true, reason: null },
    });
  });

  it('is alive but not ready when a migration is missing', async () => {
    const [newest] = await db.query<{ id: number; created_at: string }>(
      `select id, created_at from drizzle.__drizzle_migrations order by created_at desc limit 1`,
    );
    await db.query(`update drizzle.__drizzle_migrations set created_at = 1 where id = $1`, [
      newest?.id,
    ]);
    expect(await web.visitor().json('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, reason: expect.stringContaining('npm run migrate') },
    });
    await db.query(`update drizzle.__drizzle_migrations set created_at = $2 where id = $1`, [
      newest?.id,
      newest?.created_at,
    ]);
    expect((await web.visitor().json('/readyz')).status).toBe(200);
  });

  it('tells of a dead database without its secrets, and recovers', async () => {
    cable.pull();
    // With the cookie of a session, too: probes may come through a browser or a proxy that sends
    // it.
    for (const asking of [web.visitor(), client]) {
      expect(await asking.json('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
      expect((await asking.fetch('/metrics')).status).toBe(404);
      expect((await asking.json('/api/openapi.json')).status).toBe(200);
    }
    const ready = await client.json('/readyz');
    expect(ready).toMatchObject({
      status: 503,
      body: { ready: false, reason: expect.any(String) },
    });
    const answer = await client.json('/api/sync/status?tenant=north');
    expect(answer).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable', requestId: expect.any(String) } },
    });
    expect(answer.headers.get('retry-after')).toBe('30');
    const file = await client.fetch('/w/north/leads.csv');
    const page = await file.text();
    expect([file.status, file.headers.get('content-type')]).toEqual([
      503,
      expect.stringMatching(/^text\/html/),
    ]);
    for (const text of [JSON.stringify(ready.body), JSON.stringify(answer.body), page])
      expect(text).not.toMatch(/postgres:|127\.0\.0\.1|ECONN|select /i);
    cable.plug();
    expect((await web.visitor().json('/readyz')).status).toBe(200);
    expect((await client.json('/api/sync/status?tenant=north')).status).toBe(200);
  });
});
