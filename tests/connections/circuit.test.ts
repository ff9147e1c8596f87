import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createCircuitGate,
  type CircuitGateOptions,
} from '../../src/lib/connections/circuit/gate.ts';
import { admit, listOpenCircuits, readCircuit } from '../../src/lib/connections/circuit/store.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { newId } from '../../src/lib/platform/id.ts';
import type { AttemptOutcome } from '../../src/lib/platform/http/types.ts';
import { createTenant, type Tenant } from '#lib/identity/tenancy/tenants.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { database } from '#lib/platform/db/database.ts';
import { useDatabase } from '../helpers/database.ts';
import { startCrowd, type Crowd } from './workers/crowd.ts';
import { allowForLoad } from '../helpers/patience.ts';

allowForLoad();
const db = useDatabase();
const size = 8;
const down: AttemptOutcome = { failure: 'transient', status: 503 };
let tenant: Tenant;
let other: Tenant;
let crowd: Crowd;

beforeAll(async () => {
  [tenant, other] = [
    await createTenant({ slug: 'acme', name: 'Acme' }),
    await createTenant({ slug: 'other', name: 'Other' }),
  ];
  crowd = await startCrowd(db.url, size);
});
afterAll(() => crowd.stop());

async function connect() {
  const { id } = await createConnection({
    tenantId: tenant.id,
    provider: 'clienttether',
    settings: { baseUrl: 'http://127.0.0.1:9/' },
    secrets: { webKey: newId(), accessToken: newId() },
  });
  return { tenantId: tenant.id, connectionId: id };
}
type Owner = Awaited<ReturnType<typeof connect>>;
const gateOf = ({ tenantId, connectionId }: Owner, options: CircuitGateOptions = {}) =>
  createCircuitGate(tenantId, connectionId, { label: 'HubSpot', ...options });
const read = ({ tenantId, connectionId }: Owner) => readCircuit(tenantId, connectionId);
const makeDue = ({ connectionId }: Owner) =>
  db.query('update circuits set probe_at = now() where connection_id = $1', [connectionId]);
const open = async (owner: Owner) => {
  const gate = gateOf(owner);
  for (let time = 0; time < 8; time += 1) await gate.leave(down);
};

describe('failures', () => {
  it('open the circuit at the eighth in a row; nobody asks any more, all learn why', async () => {
    const owner = await connect();
    const [one, another] = [gateOf(owner), gateOf(owner)];
    for (let time = 0; time < 7; time += 1) await (time % 2 === 0 ? one : another).leave(down);
    await gateOf(owner).enter();
    await one.leave(down);
    const refusal = {
      kind: 'transient',
      unsent: true,
      until: expect.any(Date) as Date,
      message: expect.stringMatching(
        new RegExp(
          String.raw`^HubSpot has not been responding since \d{4}-\d\d-\d\d \d\d:\d\d UTC\. ` +
            String.raw`Its last response was a temporary error \(HTTP 503\)\. ` +
            'No requests are sent for now; we will try again automatically at .* ' +
            String.raw`UTC\.$`,
        ),
      ) as string,
    };
    for (const gate of [one, gateOf(owner)])
      await expect(gate.enter()).rejects.toMatchObject(refusal);
    expect(await admit(owner.tenantId, owner.connectionId)).toMatchObject({
      kind: 'open',
      reason: expect.stringContaining('HTTP 503') as string,
    });
    expect(await withTenant(tenant.id, (tx) => listOpenCircuits(tx, tenant.id))).toEqual([
      {
        connectionId: owner.connectionId,
        state: 'open',
        since: expect.any(Date) as Date,
        probeAt: expect.any(Date) as Date,
        reason: 'Its last response was a temporary error (HTTP 503).',
      },
    ]);
    expect(await withTenant(other.id, (tx) => listOpenCircuits(tx, other.id))).toEqual([]);
  });

  it('count only in a row: another kind of failure, or a success, begins anew', async () => {
    const owner = await connect();
    const gate = gateOf(owner);
    for (const failure of ['rate_limited', 'auth', 'permission', 'gone', 'cursor_invalid'] as const)
      for (let time = 0; time < 9; time += 1) await gate.leave({ failure, status: 400 });
    expect(
      await db.query('select 1 from circuits where connection_id = $1', [owner.connectionId]),
    ).toEqual([]);
    for (let time = 0; time < 7; time += 1) await gate.leave({ failure: 'malformed', status: 302 });
    const another = gateOf(owner);
    await another.enter();
    await another.leave({ status: 200 });
    expect(await read(owner)).toMatchObject({ state: 'closed', failures: 0 });
    await gate.leave(down);
    await gateOf(owner, { signal: AbortSignal.abort() }).leave({ failure: 'transient' });
    expect(await read(owner)).toMatchObject({ state: 'closed', failures: 1 });
  });

  it('of eight processes at the same moment open it once, and stop them all', async () => {
    const owner = await connect();
    // Each failure counts: one that got lost would leave it closed.
    for (const requests of [1, 4]) {
      await crowd.all(() => ({ kind: 'fail', ...owner, requests }));
      expect(await read(owner)).toMatchObject({ state: 'open', openings: 1, failures: 8 });
    }
    const results = await crowd.all(() => ({
      kind: 'enter',
      ...owner,
      requests: 3,
      circuit: true,
    }));
    expect(results.flatMap(({ failures }) => failures)).toEqual(
      Array.from({ length: 3 * size }, () => 'transient unsent'),
    );
  });
});

describe('the probe', () => {
  it('goes to exactly one of eight processes', async () => {
    for (let round = 0; round < 5; round += 1) {
      const owner = await connect();
      await open(owner);
      await makeDue(owner);
      const admissions = (await crowd.all(() => ({ kind: 'admit', ...owner }))).map(
        ({ admission }) => admission,
      );
      expect(admissions.toSorted()).toEqual([
        ...Array.from({ length: size - 1 }, () => 'open'),
        'probe',
      ]);
    }
  });

  it('never sent is given back when its client is closed; an answered one is not', async () => {
    const owner = await connect();
    await open(owner);
    expect(await admit(owner.tenantId, owner.connectionId, { insist: true })).toEqual({
      kind: 'probe',
    });
    await gateOf(owner, { probe: true }).close?.();
    expect(await read(owner)).toMatchObject({ state: 'open', openings: 1 });
    expect(await admit(owner.tenantId, owner.connectionId)).toEqual({ kind: 'probe' });
    const failing = gateOf(owner, { probe: true });
    await failing.enter();
    await failing.leave(down);
    await failing.close?.();
    expect(await admit(owner.tenantId, owner.connectionId)).toMatchObject({ kind: 'open' });
    expect(await read(owner)).toMatchObject({ state: 'open', openings: 2 });
  });

  it('opens it again for longer when it fails, closes it for all when it succeeds', async () => {
    const owner = await connect();
    await open(owner);
    const first = await read(owner);
    expect(await admit(owner.tenantId, owner.connectionId, { insist: true })).toEqual({
      kind: 'probe',
    });
    expect(await admit(owner.tenantId, owner.connectionId, { insist: true })).toMatchObject({
      kind: 'open',
    });
    await expect(gateOf(owner).enter()).rejects.toMatchObject({ kind: 'transient', unsent: true });
    const failing = gateOf(owner, { probe: true });
    await failing.enter();
    await failing.leave(down);
    expect(await read(owner)).toMatchObject({
      state: 'open',
      openings: 2,
      openedAt: first.openedAt,
    });
    await expect(failing.enter()).rejects.toMatchObject({ unsent: true });
    await makeDue(owner);
    expect(await admit(owner.tenantId, owner.connectionId)).toEqual({ kind: 'probe' });
    const working = gateOf(owner, { probe: true });
    await working.enter();
    // Refused credentials are an answer too: the source is up.
    await working.leave({ failure: 'auth', status: 401 });
    expect(await read(owner)).toMatchObject({
      state: 'closed',
      failures: 0,
      openings: 0,
      openedAt: null,
    });
    expect(await admit(owner.tenantId, owner.connectionId)).toEqual({ kind: 'closed' });
    await gateOf(owner).enter();
  });

  it('of a worker that died is given to another', async () => {
    const owner = await connect();
    await open(owner);
    await makeDue(owner);
    expect(await admit(owner.tenantId, owner.connectionId)).toEqual({ kind: 'probe' });
    expect((await admit(owner.tenantId, owner.connectionId)).kind).toBe('open');
    await makeDue(owner);
    expect(await admit(owner.tenantId, owner.connectionId)).toEqual({ kind: 'probe' });
  });
});

describe('a connection whose source answers', () => {
  it('costs no query for each request', async () => {
    const owner = await connect();
    const gate = gateOf(owner);
    await gate.enter();
    let queries = 0;
    const count = () => (queries += 1);
    const { pool } = database();
    pool.on('acquire', count);
    const began = performance.now();
    for (let time = 0; time < 2000; time += 1) {
      await gate.enter();
      await gate.leave({ status: 200 });
      if (time % 20 === 0) await sleep(1);
    }
    const seconds = (performance.now() - began) / 1000;
    pool.off('acquire', count);
    // What it knows of the circuit is good for a second.
    expect(queries).toBeLessThanOrEqual(Math.ceil(seconds));
    expect(
      await db.query('select 1 from circuits where connection_id = $1', [owner.connectionId]),
    ).toEqual([]);
  });
});
