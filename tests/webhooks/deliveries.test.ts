import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Forgery } from '../../sandbox/partner-center/webhooks.ts';
import { newId } from '../../src/lib/platform/id.ts';
import { getCertificates } from '#lib/webhooks/inbound/certificates.ts';
import {
  db,
  now,
  sandbox,
  tenantId,
  connectionId,
  address,
  derServer,
  desk,
  deliver,
  message,
  post,
  recorded,
  waiting,
  isDue,
} from './stage.ts';

describe('a delivery', () => {
  it('that is signed is taken in, and makes the connection due', async () => {
    await db.query(`update connections set due_at = now() + interval '1 hour' where id = $1`, [
      connectionId,
    ]);
    expect(await deliver({ event: 'referral-updated', id: 'r-1' })).toEqual([200]);
    expect(await recorded()).toEqual([
      { event: 'referral-updated', resource_id: 'r-1', copies: 1 },
    ]);
    expect([await isDue(), (await waiting()).length]).toEqual([true, 1]);
  });

  it.each(['sha256', 'sha384', 'sha512'] as const)(
    'may be signed over %s, in either header',
    async (hash) => {
      expect(await deliver({ event: 'referral-created', id: 'own-header' }, { hash })).toEqual([
        200,
      ]);
      Object.assign(desk().registration('partner') ?? {}, {
        signatureTokenToMsSignatureHeader: false,
      });
      expect(await deliver({ event: 'referral-created', id: 'authorization' }, { hash })).toEqual([
        200,
      ]);
      Object.assign(desk().registration('partner') ?? {}, {
        signatureTokenToMsSignatureHeader: true,
      });
    },
  );

  it('may name a certificate in DER, when its issuer is trusted itself or known', async () => {
    const given = await message({ event: 'referral-updated', id: 'der' });
    const url = `http://127.0.0.1:${(derServer.address() as AddressInfo).port}/cert/some.cer`;
    // The authority between it and the root is in no file here: the chain cannot be followed.
    expect(
      (
        await post(address, {
          ...given,
          headers: { ...given.headers, 'x-ms-certificate-url': url },
        })
      ).status,
    ).toBe(401);
    const source = { url, hosts: [], documented: [], issuerHosts: [] };
    const [certificate] = (await getCertificates(source, 'test')).certificates;
    expect(certificate?.subject).toContain('notifications.sandbox');
  });

  const forgeries: Forgery[] = [
    'no signature',
    'other signature',
    'changed body',
    'sha1',
    'no algorithm',
    'foreign host',
    'plain http',
    'expired',
    'self-signed',
    'attacker chain',
    'other company',
    'authority as signer',
    'no certificate',
    'private address',
  ];
  it.each(forgeries)('with %s is refused like one to nobody', async (forgery) => {
    const given = await message({ event: 'referral-updated', id: 'forged' }, { forgery });
    const answer = await post(address, given);
    const nobody = await post(
      address.replace(connectionId, newId()),
      await message({ event: 'referral-updated', id: 'forged' }),
    );
    const words = async (response: Response) => ({
      ...((await response.json()) as { error: object }).error,
      requestId: '',
    });
    expect([answer.status, nobody.status]).toEqual([401, 401]);
    expect(await words(answer)).toEqual(await words(nobody));
    expect(await recorded()).toEqual([]);
  });

  it('is refused whichever bit of it is flipped', async () => {
    const given = await message({ event: 'referral-updated', id: 'flipped' });
    const body = Buffer.from(given.body);
    const flipped = Array.from({ length: 24 }, (_, index) => {
      const copy = Buffer.from(body);
      const at = (index * 37) % copy.length;
      copy[at] = (copy[at] ?? 0) ^ (1 << (index % 8));
      return copy;
    });
    expect(
      new Set(
        await Promise.all(
          flipped.map(async (copy) => (await post(address, { ...given, body: copy })).status),
        ),
      ),
    ).toEqual(new Set([401]));
    expect(
      (await post(address, { ...given, body: Buffer.concat([body, Buffer.from('\n')]) })).status,
    ).toBe(401);
    expect((await post(address, given)).status).toBe(200);
  });

  it('is bounded, and nothing else is known here', async () => {
    const given = await message({ event: 'referral-updated', id: 'big' });
    expect((await post(address, { ...given, body: 'x'.repeat(70_000) })).status).toBe(413);
    expect((await fetch(address)).status).toBe(405);
    for (const other of [
      address.replace('partner-center', 'clienttether'),
      address.replace('partner-center', 'nobody'),
      address.replace(tenantId, 'x'),
      address.replace(tenantId, newId()),
    ])
      expect((await post(other, given)).status).toBe(401);
  });

  it('of long ago does nothing, however well it is signed', async () => {
    const answer = await post(
      address,
      await message({ event: 'referral-updated', id: 'old', at: now - 40 * 86_400_000 }),
    );
    expect(await answer.json()).toEqual({ received: 'old' });
    expect([await recorded(), await waiting()]).toEqual([[], []]);
  });

  it('is asked for again when its certificate is out of reach, refused without one', async () => {
    const given = await message({ event: 'referral-updated', id: 'later' });
    const at = (name: string) => ({
      ...given,
      headers: {
        ...given.headers,
        'x-ms-certificate-url': `${sandbox.url}/partner-center/cert/${name}`,
      },
    });
    sandbox.faults.arm({ kind: 'status', status: 503, endpoint: 'GET cert/:name', next: 1 });
    expect((await post(address, at('root.cer?fresh'))).status).toBe(503);
    expect((await post(address, at('nothing.cer'))).status).toBe(401);
    await expect(
      getCertificates(
        {
          url: 'https://anybody.blob.core.windows.net/cert/x.cer',
          hosts: ['3psostorageacct.blob.core.windows.net'],
          documented: [],
          issuerHosts: [],
        },
        'test',
      ),
    ).rejects.toMatchObject({ kind: 'permission' });
  });
});
