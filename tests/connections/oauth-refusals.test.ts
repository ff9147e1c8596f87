import { describe, expect, it } from 'vitest';
import { storeSecret } from '../../src/lib/connections/connections.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { until } from '../helpers/processes.ts';
import { enteredSecrets, firstRefreshToken } from './oauth-stage.ts';
import {
  db,
  sandbox,
  tenantId,
  connectionId,
  connectWith,
  replaceSandbox,
  me,
  tokenCalls,
  rows,
} from './oauth-account.ts';

/** As a person enters it on the connections page. */
const enter = async (name: string, secret: string) => {
  await withTenant(tenantId, (tx) => storeSecret(tx, { tenantId, id: connectionId }, name, secret));
};

describe('a refused renewal', () => {
  it('declares the grant dead with one request for all; connecting again revives it', async () => {
    sandbox.desk.revoke('one');
    const results = await Promise.allSettled([me(), me(), me(), me()]);
    for (const result of results)
      expect(result).toMatchObject({
        status: 'rejected',
        reason: {
          kind: 'auth',
          message: 'OAuth test no longer renews our access (invalid_grant). Connect it again.',
        },
      });
    expect(tokenCalls()).toBe(1);
    expect(await rows()).toEqual([
      { name: 'clientSecret', version: 1, lease: false },
      { name: 'refreshToken', version: 1, lease: false },
    ]);
    await connectWith({
      ...enteredSecrets,
      refreshToken: sandbox.desk.consent('one'),
    });
    expect(await me()).toBe(200);
  });

  it('is reread before the grant is declared dead: others may have rotated it', async () => {
    sandbox.faults.arm({ kind: 'latency', ms: 1_500, endpoint: 'POST token', next: 1 });
    const asking = me();
    await until('the request is under way', () => tokenCalls() === 1);
    const newer = sandbox.desk.consent('one');
    await enter('refreshToken', newer);
    expect(await asking).toBe(200);
    expect(sandbox.statuses('POST token')).toEqual([400, 200]);
  });

  it('is not undone by a response that arrives after a person has connected again', async () => {
    sandbox.faults.arm({ kind: 'drip', bytes: 4, everyMs: 10, endpoint: 'POST token', next: 1 });
    const asking = me();
    await until(
      'the refresh token is used up',
      () => sandbox.desk.refreshToken('one') !== firstRefreshToken,
    );
    const newer = sandbox.desk.consent('one');
    await enter('refreshToken', newer);
    expect(await asking).toBe(200);
    expect(tokenCalls()).toBe(2);
    expect((await rows()).find(({ name }) => name === 'refreshToken')).toEqual({
      name: 'refreshToken',
      version: 3,
      lease: false,
    });
  });

  it.each([
    [
      '429',
      { kind: 'rate_limited', retryAfter: '120' },
      { kind: 'rate_limited', until: expect.any(Date) as Date },
    ],
    ['500', { kind: 'status', status: 500 }, { kind: 'transient' }],
    ['a web page', { kind: 'html_200' }, { kind: 'transient' }],
    ['a cut answer', { kind: 'cut', framing: 'length' }, { kind: 'transient' }],
    ['a closed socket', { kind: 'down' }, { kind: 'transient' }],
  ] as const)(
    'by %s is no refusal: it is told as what it is, and a token that lives is used on',
    async (_what, fault, error) => {
      sandbox.faults.arm({ ...fault, endpoint: 'POST token', next: 1 });
      await expect(me()).rejects.toMatchObject(error);
      expect(tokenCalls()).toBe(1);
      await db.query('update credentials set lease_until = null where connection_id = $1', [
        connectionId,
      ]);
      if (fault.kind === 'cut') return;
      expect(await me()).toBe(200);
      await db.query(
        `update credentials
         set expires_at = now() + interval '2 minutes'
         where connection_id = $1 and name = 'accessToken'`,
        [connectionId],
      );
      sandbox.faults.arm({ ...fault, endpoint: 'POST token' });
      expect(await me()).toBe(200);
    },
  );

  it('asked to wait, no process asks before that, and each is told until when', async () => {
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '120', endpoint: 'POST token' });
    for (let attempt = 0; attempt < 3; attempt += 1)
      await expect(me()).rejects.toMatchObject({
        kind: 'rate_limited',
        until: expect.any(Date) as Date,
      });
    expect(tokenCalls()).toBe(1);
  });

  it('whose response was lost after a rotation ends the grant, as single use demands', async () => {
    sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, endpoint: 'POST token', next: 1 });
    await expect(me()).rejects.toMatchObject({ kind: 'transient' });
    await expect(me()).rejects.toMatchObject({ kind: 'auth' });
    expect(sandbox.statuses('POST token')).toEqual([502, 400]);
  });

  it('whose response got lost is made good by a source that does not rotate', async () => {
    await replaceSandbox({ rotates: false });
    sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, endpoint: 'POST token', next: 1 });
    await expect(me()).rejects.toMatchObject({ kind: 'transient' });
    expect(await me()).toBe(200);
  });
});
