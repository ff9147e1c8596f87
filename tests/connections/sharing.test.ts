import { describe, expect, it } from 'vitest';
import { readOwner } from '#lib/connections/sharing/rows.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { testConnection } from '#lib/connections/test/run.ts';
import { sql } from 'drizzle-orm';
import { useDatabase } from '../helpers/database.ts';
import {
  credentialsOf,
  me,
  ownSignIn,
  renewals,
  share,
  signInAgain,
  staff,
  statuses,
  useStaff,
  view,
} from './sharing-stage.ts';
import { messageOf, people, send, server, tenants, useSignIn } from './sign-in-stage.ts';

const db = useDatabase();
useSignIn();
useStaff();

const at = (slug: 'acme' | 'birch', connectionId: string) => ({
  tenantId: tenants[slug].id,
  connectionId,
});
const refuse = (code: string) => expect.objectContaining({ code }) as unknown;

describe('a sign-in that two connections use', () => {
  it('is one set of tokens, at the connection that was signed in to', async () => {
    const owner = await ownSignIn();
    const other = await share(owner);
    expect(await credentialsOf(db, other)).toEqual([]);
    expect([await me('acme', owner), await me('acme', other)]).toEqual([200, 200]);
    expect(await view('acme', other)).toMatchObject({
      label: 'Shared',
      provider: 'quill',
      authorization: null,
      sharing: { uses: 'Our Quill', usedBy: 0 },
    });
    expect((await view('acme', owner)).sharing).toEqual({ uses: undefined, usedBy: 1 });
    expect((await testConnection(tenants.acme.id, other)).steps).toContainEqual(
      expect.objectContaining({ step: 'token', ok: true }),
    );
  });

  it('is renewed once when both meet an expired token, and no rotation is lost', async () => {
    const owner = await ownSignIn();
    const both = [owner, await share(owner), await share(owner, staff, 'birch')] as const;
    for (let round = 0; round < 5; round += 1) {
      const before = renewals();
      server.expire();
      const asked = both.flatMap((id, place) => [id, id].map((each) => [place, each] as const));
      expect(
        await Promise.all(asked.map(([place, id]) => me(place === 2 ? 'birch' : 'acme', id))),
      ).toEqual(asked.map(() => 200));
      expect(renewals() - before).toBe(1);
    }
  });

  it('moves to another address with its account, but only what stood at the same', async () => {
    const owner = await ownSignIn();
    const same = await share(owner);
    const elsewhere = server.url.replace('127.0.0.1', 'localhost');
    const moved = `${elsewhere}?`;
    const apart = await share(owner, people.ann, 'acme', { baseUrl: elsewhere });
    server.expire();
    server.shape = (answer) => ({ ...answer, instance_url: moved });
    try {
      await me('acme', same).catch(() => undefined);
    } finally {
      server.shape = (answer) => answer;
    }
    const urls = await Promise.all([owner, same, apart].map((id) => view('acme', id)));
    expect(urls.map(({ baseUrl }) => baseUrl)).toEqual([moved, moved, elsewhere]);
  });

  it('that is refused marks both in words, and signing in once at either mends both', async () => {
    const owner = await ownSignIn();
    const other = await share(owner);
    const client = await share(owner, staff, 'birch');
    const all: ['acme' | 'birch', string][] = [
      ['acme', owner],
      ['acme', other],
      ['birch', client],
    ];
    for (const [slug, id, who] of [
      ['acme', other, people.ann],
      ['acme', owner, people.ann],
      ['birch', client, staff],
    ] as const) {
      server.revoke('acme');
      await expect(me('birch', client)).rejects.toMatchObject({
        kind: 'auth',
        message: expect.stringContaining("agency's sign-in") as string,
      });
      expect(await statuses(...all)).toEqual(Array(3).fill('needs_reconnect'));
      const reasons = await Promise.all(all.map(([place, each]) => view(place, each)));
      expect(reasons.map(({ statusReason }) => statusReason)).toEqual([
        expect.stringContaining('no longer renews our access'),
        expect.stringContaining('shares with another. Sign in again here or there'),
        expect.stringMatching(/^Quill no longer renews the agency's sign-in/),
      ]);
      await db.query(`update connections set due_at = now() + interval '1 hour'`);
      const { path } = await signInAgain(id, { who, slug });
      expect(path).toBe('/w/acme/settings/connections?done=connect');
      expect(await statuses(...all)).toEqual(Array(3).fill('active'));
      expect(
        await db.query('select due_at from connections where id = any($1)', [
          all.map(([, each]) => each),
        ]),
      ).toEqual(Array(3).fill({ due_at: null }));
      for (const [place, each] of all) expect(await me(place, each)).toBe(200);
    }
  });

  it('is never taken over by another account, nor one that the system does not name', async () => {
    const owner = await ownSignIn();
    const other = await share(owner);
    server.revoke('acme');
    await expect(me('acme', owner)).rejects.toMatchObject({ kind: 'auth' });
    const { signInId } = await signInAgain(other, { account: 'someone-else' });
    expect(await messageOf(signInId)).toMatch(/another account of Quill/);
    server.shape = ({ org_id: _id, org_name: _name, ...answer }) => answer;
    try {
      const nameless = await signInAgain(other);
      expect(await messageOf(nameless.signInId)).toMatch(/did not confirm .* same account/);
    } finally {
      server.shape = (answer) => answer;
    }
    expect(await statuses(['acme', owner], ['acme', other])).toEqual(
      Array(2).fill('needs_reconnect'),
    );
  });

  it('leaves a paused connection paused, whatever happens to it', async () => {
    const owner = await ownSignIn();
    const other = await share(owner);
    await send(people.ann, 'acme', { intent: 'pause', connection: other });
    server.revoke('acme');
    await expect(me('acme', owner)).rejects.toMatchObject({ kind: 'auth' });
    expect(await statuses(['acme', owner], ['acme', other])).toEqual(['needs_reconnect', 'paused']);
    await signInAgain(owner);
    expect(await statuses(['acme', owner], ['acme', other])).toEqual(['active', 'paused']);
  });
});

describe('sharing across workspaces', () => {
  it('is for staff of both, and tells the borrowing workspace nothing', async () => {
    const owner = await ownSignIn();
    const client = await share(owner, staff, 'birch');
    const shown = await view('birch', client);
    expect(shown.sharing).toEqual({ uses: null, usedBy: 0 });
    expect(shown.authorization).toBeNull();
    const text = JSON.stringify(
      await db.query(`select * from audit_events where tenant_id = $1 and target_id = $2`, [
        tenants.birch.id,
        client,
      ]),
    );
    for (const word of [tenants.acme.id, owner, 'Our Quill', 'The acme company'])
      expect(JSON.stringify(shown) + text).not.toContain(word);
    expect(
      await db.query(
        `select tenant_id, actor_id, target_id, after from audit_events
         where action = 'connection.sharing_started' and target_id = any($1) order by after ->> 'side'`,
        [[owner, client]],
      ),
    ).toEqual([
      { tenant_id: tenants.acme.id, actor_id: staff.id, target_id: owner, after: { side: 'lent' } },
      {
        tenant_id: tenants.birch.id,
        actor_id: staff.id,
        target_id: client,
        after: { side: 'used' },
      },
    ]);
  });

  it('is refused to admins, members and strangers, whatever their forms say', async () => {
    const owner = await ownSignIn();
    const { bob, vera, ann } = people;
    const before = await db.query('select count(*) from connections');
    const form = { intent: 'share', workspace: 'acme', authorization: owner };
    await expect(send(bob, 'birch', form)).rejects.toEqual(refuse('not_found'));
    await expect(send(bob, 'birch', { ...form, workspace: '' })).rejects.toEqual(
      refuse('not_found'),
    );
    await expect(send(bob, 'birch', { ...form, workspace: 'nowhere' })).rejects.toEqual(
      refuse('not_found'),
    );
    await expect(send(vera, 'acme', form)).rejects.toEqual(refuse('forbidden'));
    await expect(send(ann, 'acme', { ...form, workspace: 'birch' })).rejects.toEqual(
      refuse('not_found'),
    );
    for (const authorization of ['', 'x', tenants.acme.id, `${tenants.acme.id}/${owner}`])
      await expect(send(ann, 'acme', { ...form, authorization })).rejects.toEqual(
        refuse('not_found'),
      );
    expect(await db.query('select count(*) from connections')).toEqual(before);
  });

  it('lets nobody of the borrowing workspace renew, replace or take over the sign-in', async () => {
    const owner = await ownSignIn();
    const client = await share(owner, staff, 'birch');
    for (const intent of ['sign-in-again', 'reconsent', 'reconnect'])
      await expect(
        send(people.bob, 'birch', { intent, connection: client, 'secret.clientId': 'own' }),
        intent,
      ).rejects.toEqual(refuse('forbidden'));
    for (const connection of [owner, client])
      await expect(
        send(people.bob, 'birch', { intent: 'stop-lending', connection }),
      ).rejects.toEqual(refuse('conflict'));
    await expect(
      send(people.bob, 'birch', { intent: 'stop-using', connection: owner }),
    ).rejects.toEqual(refuse('conflict'));
    await expect(send(people.bob, 'birch', { intent: 'share', authorization: client }))
      .rejects // a chain
      .toEqual(refuse('not_found'));
    expect(await me('birch', client)).toBe(200);
  });

  it('needs the rows of both sides', async () => {
    const owner = await ownSignIn();
    const client = await share(owner, staff, 'birch');
    const read = () => readOwner(at('birch', client), (_tx, found) => Promise.resolve(found));
    expect(await read()).toEqual(at('acme', owner));
    const [lent] = await db.query(
      'delete from lent_authorizations where connection_id = $1 returning *',
      [owner],
    );
    expect(lent).toMatchObject({ borrower_connection_id: client });
    expect(await read()).toBeUndefined();
    server.expire();
    await expect(me('birch', client)).rejects.toMatchObject({ kind: 'auth' });
    await db.query(
      'insert into lent_authorizations select (jsonb_populate_record(null::lent_authorizations, $1)).*',
      [JSON.stringify(lent)],
    );
    await db.query('delete from borrowed_authorizations where connection_id = $1', [client]);
    expect(await read()).toBeUndefined();
  });

  it('shows neither workspace the rows of the other', async () => {
    const owner = await ownSignIn();
    await share(owner, staff, 'birch');
    for (const [slug, table] of [
      ['birch', 'lent_authorizations'],
      ['acme', 'borrowed_authorizations'],
    ] as const) {
      const foreign = await withTenant(tenants[slug].id, (tx) =>
        tx.execute(
          sql`select from ${sql.identifier(table)} where tenant_id <> ${tenants[slug].id}`,
        ),
      );
      expect(foreign.rowCount, table).toBe(0);
    }
  });

  it('refuses a provider that does not take the token, and other systems', async () => {
    const owner = await ownSignIn();
    const form = { intent: 'share', authorization: owner };
    await expect(
      send(people.ann, 'acme', { ...form, baseUrl: 'http://127.0.0.1:1/' }),
    ).rejects.toMatchObject({
      code: 'bad_request',
      message: expect.stringContaining('nothing was') as string,
    });
    await expect(
      send(people.ann, 'acme', { ...form, baseUrl: 'https://evil.example/' }),
    ).rejects.toMatchObject({ code: 'bad_request' });
    server.revoke('acme');
    await expect(send(people.ann, 'acme', form)).rejects.toMatchObject({ code: 'bad_request' });
  });
});
