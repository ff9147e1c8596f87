import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authority } from '../../sandbox/partner-center/authority.ts';
import { createConnection } from '../../src/lib/connections/connections.ts';
import { newId } from '../../src/lib/platform/id.ts';
import { getCertificates, resetCertificates } from '#lib/webhooks/inbound/certificates.ts';
import { FetchBudget } from '#lib/webhooks/inbound/fetch-budget.ts';
import { address, connectionId, message, post, sandbox, tenantId } from './stage.ts';

/** Answers every path but those that begin with /nothing with the genuine certificate. */
let files: Server;
let origin: string;
let fetched: string[] = [];

beforeAll(async () => {
  const { signer } = await authority();
  files = createServer((request, response) => {
    fetched.push(request.url ?? '');
    const isMissing = request.url?.startsWith('/nothing') === true;
    response.writeHead(isMissing ? 404 : 200).end(isMissing ? '' : signer.chain);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => files.once('listening', resolve));
  origin = `http://127.0.0.1:${(files.address() as AddressInfo).port}`;
});
afterAll(() => void files.close());
beforeEach(() => {
  resetCertificates();
  fetched = [];
});

let count = 0;
const nextId = () => `crowd-${(count += 1)}`;

/** Posts a delivery that names this address; `forged` has a body that was not signed. */
async function send(url: string, { forged = false, to = address } = {}): Promise<number> {
  const { headers, body } = await message(
    { event: 'referral-updated', id: nextId() },
    forged ? { forgery: 'other signature' } : {},
  );
  const named = { ...headers, 'x-ms-certificate-url': url };
  return (await post(to, { headers: named, body })).status;
}
const times = <T>(amount: number, make: (index: number) => T) =>
  Array.from({ length: amount }, (_, index) => make(index));

describe('a crowd of forged deliveries', () => {
  const good = () => `${origin}/cert/good.cer`;

  it('pushes no certificate out that a signature was verified with', async () => {
    expect(await send(good())).toBe(200);
    const [forged, real] = await Promise.all([
      Promise.all(times(60, (index) => send(`${origin}/copy-${index}.cer`, { forged: true }))),
      Promise.all(times(30, () => send(good()))),
    ]);
    expect(new Set(forged)).toEqual(new Set([401, 503]));
    expect(new Set(real)).toEqual(new Set([200]));
    expect(new Set(await Promise.all(times(30, () => send(good()))))).toEqual(new Set([200]));
    expect(fetched.filter((url) => url === '/cert/good.cer')).toHaveLength(1);
    expect(fetched.length).toBeLessThanOrEqual(11);
  });

  it('costs no other connection its fetches, whether it goes to one that exists or not', async () => {
    const other = await createConnection({
      tenantId,
      provider: 'partner-center',
      settings: { baseUrl: `${sandbox.url}/partner-center/`, clientId: 'other' },
      secrets: { clientSecret: 'other-secret-0123', refreshToken: 'other-consent-0123' },
    });
    const targets = [
      address.replace(connectionId, other.id),
      address.replace(connectionId, newId()),
      address.replace(tenantId, newId()),
    ];
    await Promise.all(
      times(90, (index) =>
        send(`${origin}/nothing-${index}.cer`, { forged: true, to: targets[index % 3] ?? '' }),
      ),
    );
    expect(fetched.length).toBeLessThanOrEqual(20);
    expect(await send(good())).toBe(200);
  });

  it('gains nothing from genuine deliveries that are sent on under other spellings', async () => {
    expect(await send(good())).toBe(200);
    await send(`${origin}/cert/second.cer`);
    const spellings = times(40, (index) =>
      index % 2 === 0
        ? `${origin}/cert/second.cer?copy=${index}`
        : `${origin}/${'/'.repeat(index)}cert/%73econd.cer`,
    );
    expect(new Set(await Promise.all(spellings.map((url) => send(url))))).toEqual(new Set([200]));
    expect(await send(good())).toBe(200);
    expect(fetched).toEqual(['/cert/good.cer', '/cert/second.cer']);
  });

  it('leaves a documented address its own budget from the first delivery on', async () => {
    const source = { url: good(), hosts: [], documented: [good()], issuerHosts: [] };
    for (const index of times(10, (each) => each))
      await getCertificates({ ...source, url: `${origin}/x-${index}` }, connectionId);
    await expect(
      getCertificates({ ...source, url: `${origin}/x-11` }, connectionId),
    ).rejects.toMatchObject({ kind: 'transient', unsent: true });
    expect((await getCertificates(source, connectionId)).certificates).not.toEqual([]);
    expect((await getCertificates(source, connectionId)).certificates).not.toEqual([]);
    expect(fetched.filter((url) => url === '/cert/good.cer')).toHaveLength(1);
  });
});

describe('a budget of fetches', () => {
  it('is each key’s own and whole again after a minute', () => {
    const budget = new FetchBudget(2);
    expect([budget.take('a', 0), budget.take('a', 1), budget.take('a', 2)]).toEqual([
      true,
      true,
      false,
    ]);
    expect(budget.take('b', 2)).toBe(true);
    expect([budget.take('a', 60_000), budget.take('a', 60_000)]).toEqual([true, false]);
  });
});
