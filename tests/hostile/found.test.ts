import { afterAll, beforeAll, expect, it } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { password } from '../helpers/web.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { openWorld, type World } from '../isolation/world.ts';
import type { HostileRequest } from './requests.ts';
import { closeConnections, send } from './send.ts';

/* Requests that once ended in 500, each with what it is answered instead. */
allowForLoad();
const db = useDatabase();
let world: World;

beforeAll(async () => {
  world = await openWorld(db);
  await db.query(
    `insert into tenant_features (tenant_id, feature) select id, 'crm-push' from tenants
     on conflict do nothing`,
  );
});
afterAll(async () => {
  closeConnections();
  await world?.web.stop();
  await closeQueue();
});

const form = (fields: Record<string, string>) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
});
const json = (body: string) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body,
});
const toCursor = (time: string) =>
  Buffer.from(JSON.stringify(['after', time, '0197f3a0-0000-7000-8000-00000000abcd'])).toString(
    'base64url',
  );

const requests: [string, number, Partial<HostileRequest>][] = [
  ['/w/alpha/settings/mapping', 400, form({ intent: 'restore:x' })],
  ['/w/alpha/settings/mapping', 400, form({ intent: 'restore:99999999999999999999' })],
  ['/w/alpha/settings/mapping', 404, form({ intent: 'save' })],
  ['/w/alpha/settings/mapping?connection=x', 404, form({ intent: 'restore:1' })],
  ['/w/alpha/settings/mapping?done=constructor', 200, {}],
  ['/w/alpha/settings/scoring', 200, form({ intent: 'preview', '__proto__.x': '1' })],
  ['/account/two-factor', 409, form({ intent: 'renew', password, code: '123456' })],
  ['/account', 400, { ...form({}), headers: { 'content-type': 'multipart/form-data' } }],
  ['/account', 400, form({ intent: 'name', name: 'a\0b' })],
  ['/reset-password?token=%00', 400, {}],
  ['/invitations/%00', 404, {}],
  ['/api/auth/sign-in/email', 400, json('{')],
  ['/api/auth/sign-in/email', 400, json('{"email":"a@b.test","password":"\\u0000"}')],
  ['/api/auth/sign-in/email', 400, json('[]')],
  ['/api/dynamics/bulk-sync?tenant=alpha', 400, json('['.repeat(50_000))],
  ['/_image?href=%2Ffavicon.svg&w=8&f=webp', 404, {}],
  ['/sign-in', 400, { headers: { host: 'somebody@people.test' } }],
  ['/sign-in', 405, { method: 'TRACE' }],
  ...['9999-99-99 99:99:99+00', '2026-02-30 00:00:00+00', '0000-00-00 00:00:00+00'].flatMap(
    (time): [string, number, Partial<HostileRequest>][] => [
      [`/w/alpha/leads?cursor=${toCursor(time)}`, 200, {}],
      [`/w/alpha/notes?cursor=${toCursor(time)}`, 200, {}],
      [`/api/leads?tenant=alpha&cursor=${toCursor(time)}`, 400, {}],
    ],
  ),
];

it.each(requests)('%s is answered %i', async (path, status, { headers, ...rest }) => {
  const jar = [...(world.clients['staff']?.jar ?? [])];
  const request = {
    route: '',
    method: 'GET',
    path,
    ...rest,
    headers: {
      origin: world.web.url,
      cookie: jar.map((pair) => pair.join('=')).join('; '),
      ...headers,
    },
  };
  expect(await send(world.web.url, request, 30_000)).toMatchObject({ status });
});
