import { describe, expect, it } from 'vitest';
import { archiveTenant, getTenantBySlug } from '#lib/identity/tenancy/archive.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { eraseWorkspace } from '#lib/privacy/workspace/erase.ts';
import { useDatabase } from '../helpers/database.ts';
import { me, ownSignIn, share, signInAgain, staff, useStaff, view } from './sharing-stage.ts';
import {
  appForm,
  begin,
  comeBack,
  leave,
  messageOf,
  people,
  send,
  server,
  tenants,
  useSignIn,
} from './sign-in-stage.ts';

const db = useDatabase();
useSignIn();
useStaff();

const counts = async () =>
  db.query<{ lent: number; borrowed: number }>(`
    select (select count(*)::int from lent_authorizations) as lent,
      (select count(*)::int from borrowed_authorizations) as borrowed`);
const ended = (id: string) =>
  db.query(
    `select actor_id, before from audit_events
     where action = 'connection.sharing_ended' and target_id = $1`,
    [id],
  );

describe('the end of sharing', () => {
  it('comes from the borrower, which then is signed in to as the same account', async () => {
    const owner = await ownSignIn();
    const client = await share(owner, staff, 'birch');
    await send(people.bob, 'birch', { intent: 'stop-using', connection: client });
    expect(await counts()).toEqual([{ lent: 0, borrowed: 0 }]);
    expect(await view('birch', client)).toMatchObject({
      status: 'needs_reconnect',
      statusReason: expect.stringContaining('no longer uses the sign-in') as string,
    });
    expect(await ended(owner)).toEqual([{ actor_id: people.bob.id, before: { side: 'lent' } }]);
    expect(await ended(client)).toEqual([{ actor_id: people.bob.id, before: { side: 'used' } }]);
    await expect(me('birch', client)).rejects.toMatchObject({ kind: 'auth' });
    expect(await me('acme', owner)).toBe(200);
    const again = async (account: string) => {
      const { provider: _provider, label: _label, ...app } = appForm();
      const fields = { ...app, intent: 'sign-in-again', connection: client };
      const id = await begin(people.bob, 'birch', fields);
      const back = server.visit(await leave(id, people.bob, 'birch'), { account });
      return { id, path: await comeBack(back, people.bob) };
    };
    const { id } = await again('birch');
    const [row] = await db.query<{ message: string }>(
      'select message from device_consents where id = $1',
      [id],
    );
    expect(row?.message).toMatch(/another account of Quill \(.*\) than this connection's, so/);
    expect((await again('acme')).path).toBe('/w/birch/settings/connections?done=connect');
    expect([await me('birch', client), await me('acme', owner)]).toEqual([200, 200]);
    expect((await view('birch', client)).sharing).toEqual({ uses: undefined, usedBy: 0 });
  });

  it('comes from the owner, for all that use it', async () => {
    const owner = await ownSignIn();
    const all = [await share(owner), await share(owner)];
    const client = await share(owner, staff, 'birch');
    await send(people.ann, 'acme', { intent: 'stop-lending', connection: owner });
    expect(await counts()).toEqual([{ lent: 0, borrowed: 0 }]);
    for (const id of all)
      expect((await view('acme', id)).statusReason).toMatch(/no longer shared with it/);
    expect((await view('birch', client)).status).toBe('needs_reconnect');
    expect((await ended(owner)).length).toBe(3);
    await expect(
      send(people.ann, 'acme', { intent: 'stop-lending', connection: owner }),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  it('must come before the connection itself goes', async () => {
    const owner = await ownSignIn();
    const other = await share(owner);
    await expect(db.query('delete from connections where id = $1', [owner])).rejects.toThrow(
      /lent_authorizations/,
    );
    await send(people.ann, 'acme', { intent: 'stop-using', connection: other });
    await db.query('delete from connections where id = any($1)', [[owner, other]]);
  });

  it('keeps credentials of its own away from a connection that still uses another', async () => {
    const owner = await ownSignIn();
    const other = await share(owner);
    await db.query('delete from lent_authorizations where connection_id = $1', [owner]);
    await db.query(`update connections set status = 'needs_reconnect' where id = $1`, [other]);
    const { provider: _provider, label: _label, ...app } = appForm();
    const id = await begin(people.ann, 'acme', {
      ...app,
      intent: 'sign-in-again',
      connection: other,
    });
    await comeBack(server.visit(await leave(id)));
    expect(await messageOf(id)).toMatch(/uses the sign-in of another one\. Stop using it/);
    await send(people.ann, 'acme', { intent: 'stop-using', connection: other });
    expect((await signInAgain(owner)).path).toMatch(/done=connect/);
  });
});

describe('the end of a workspace', () => {
  const erase = async (slug: string) => {
    await archiveTenant(await getTenantBySlug(slug), true);
    await eraseWorkspace(await getTenantBySlug(slug), { confirm: slug, graceDays: 0 });
  };

  it('that uses a sign-in leaves nothing with the owner', async () => {
    const owner = await ownSignIn();
    tenants.birch = await createTenant({ slug: 'guest', name: 'Guest' });
    const path = await send(staff, 'guest', {
      intent: 'share',
      workspace: 'acme',
      authorization: owner,
    });
    expect(path).toBe('/w/guest/settings/connections?done=share');
    expect((await view('acme', owner)).sharing.usedBy).toBe(1);
    await erase('guest');
    expect((await view('acme', owner)).sharing.usedBy).toBe(0);
    expect(await me('acme', owner)).toBe(200);
  });

  it('that lends one tells those that used it', async () => {
    tenants.birch = await getTenantBySlug('birch');
    const owner = await ownSignIn();
    const client = await share(owner, staff, 'birch');
    await erase('acme');
    expect(await counts()).toEqual([{ lent: 0, borrowed: 0 }]);
    expect(await view('birch', client)).toMatchObject({
      status: 'needs_reconnect',
      statusReason: expect.stringContaining('was deleted with its workspace') as string,
      sharing: { uses: undefined, usedBy: 0 },
    });
    await expect(me('birch', client)).rejects.toMatchObject({ kind: 'auth' });
  });
});
