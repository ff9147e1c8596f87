import { globSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '#lib/identity/auth/access.ts';
import { useMailbox } from '../identity/auth/mailbox.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { password, type WebClient } from '../helpers/web.ts';
import { plainRequests } from './plain-requests.ts';
import type { PlainRequest, TenantRequest } from './request.ts';
import { tenantRequests } from './routes.ts';
import { actors, mailOf, openWorld, slugs, stateOf, type Slug, type World } from './world.ts';

allowForLoad();
const db = useDatabase();
useMailbox();
let world: World;
beforeAll(async () => {
  world = await openWorld(db);
});
afterAll(() => world?.web.stop());

const rank: Role[] = ['viewer', 'member', 'admin', 'staff'];
const includes = (role: Role | undefined, least: Role): boolean =>
  role !== undefined && rank.indexOf(role) >= rank.indexOf(least);

interface Cell {
  request: TenantRequest;
  actor: string;
  slug: Slug;
  may: boolean;
  expected: number[];
}

/**
 * The whole matrix: every request by everybody about every workspace, with what has to come of it.
 */
const cells: Cell[] = tenantRequests.flatMap((request) =>
  Object.entries(actors).flatMap(([actor, roles]) =>
    slugs.map((slug) => {
      const may = request.always === undefined && includes(roles?.[slug], request.role);
      return { request, actor, slug, may, expected: expectedOf(request, roles, slug) };
    }),
  ),
);

function expectedOf(
  { always, role, ok, file }: TenantRequest,
  roles: Partial<Record<Slug, Role>> | null,
  slug: Slug,
): number[] {
  if (always !== undefined) return [always];
  if (roles === null) return file.startsWith('api/') ? [401] : [303];
  if (roles[slug] === undefined) return [404];
  return includes(roles[slug], role) ? ok : [403];
}

const nameOf = ({ request, actor, slug }: Cell): string =>
  `${request.method} ${request.file} (${request.action}) by ${actor} about ${slug}`;

async function send(
  cell: Pick<Cell, 'request' | 'actor' | 'slug' | 'may'>,
  headers: Record<string, string> = {},
): Promise<Response> {
  const { request, actor, slug, may } = cell;
  const client = world.clients[actor] as WebClient;
  const path = request.path(slug, world);
  if (request.method === 'GET') return client.fetch(path, { headers });
  const fields = (await request.fields?.({ world, slug, may })) ?? {};
  return request.json
    ? client.fetch(path, {
        method: 'POST',
        body: JSON.stringify(fields),
        headers: { 'content-type': 'application/json', ...headers },
      })
    : client.postForm(path, fields, headers);
}

/**
 * The answer without what differs from one request to the next anyway, and without the workspace
 * that was asked for.
 */
async function traceOf(response: Response, asked: string[]): Promise<string> {
  const without = (text: string) => asked.reduce((rest, part) => rest.replaceAll(part, '…'), text);
  const id = response.headers.get('x-request-id') ?? '…';
  const headers = [...response.headers]
    .filter(([name]) => name !== 'date' && name !== 'x-request-id')
    // A session that is in use is extended now and then, and its cookie sent again.
    .filter(([name, value]) => name !== 'set-cookie' || !value.includes('session_token='))
    .map(([name, value]) => `${name}: ${without(value)}`);
  return [response.status, ...headers, without((await response.text()).replaceAll(id, '…'))].join(
    '\n',
  );
}

/** The first place where two answers differ. */
function differenceOf(one: string, other: string): string {
  const at = [...one].findIndex((char, index) => char !== other[index]);
  return (
    `${one.slice(Math.max(0, at - 60), at + 60)} <> ` +
    `${other.slice(Math.max(0, at - 60), at + 60)}`
  );
}

/** A few at a time: the machine of a test has few cores, and the order does not matter. */
async function each<Item>(items: Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}

async function statusesOf(some: Cell[]): Promise<string[]> {
  const wrong: string[] = [];
  await each(some, async (cell) => {
    const response = await send(cell);
    await response.arrayBuffer();
    if (!cell.expected.includes(response.status))
      wrong.push(`${nameOf(cell)}: ${response.status}, not ${cell.expected.join(' or ')}`);
  });
  return wrong;
}

describe('who may do what where', () => {
  it('is written down for every route file', () => {
    const files = globSync('src/pages/**/*.{astro,ts,js,mjs,tsx,md}')
      .map((file) => file.replace(/^src\/pages\//, ''))
      .toSorted();
    expect(
      [...new Set([...tenantRequests, ...plainRequests].map(({ file }) => file))].toSorted(),
    ).toEqual(files);
    expect(cells.length).toBeGreaterThan(1_000);
  });

  it('holds for everybody who may not, and changes nothing', async () => {
    const before = await stateOf(db);
    expect(await statusesOf(cells.filter(({ may }) => !may))).toEqual([]);
    expect(await stateOf(db)).toEqual(before);
  });

  it('gives a foreign workspace exactly the answer of an absent one', async () => {
    const foreign = cells.filter(
      ({ actor, slug }) => slug !== 'omega' && actors[actor]?.[slug] === undefined,
    );
    const told: string[] = [];
    await each(foreign, async (cell) => {
      const ids = [
        ...Object.values(world.belongings.alpha),
        ...Object.values(world.belongings.bravo),
      ].filter((value) => typeof value === 'string');
      const [theirs, absent] = [
        await traceOf(await send(cell), [cell.slug, ...ids]),
        await traceOf(await send({ ...cell, slug: 'omega' }), ['omega', ...ids]),
      ];
      if (theirs !== absent) told.push(`${nameOf(cell)}: ${differenceOf(theirs, absent)}`);
    });
    expect(told).toEqual([]);
    expect(foreign.length).toBeGreaterThan(400);
  });

  it('refuses what another site makes a browser send, before anything else', async () => {
    const before = await stateOf(db);
    const wrong: string[] = [];
    await each(
      cells.filter(({ request }) => request.method === 'POST'),
      async (cell) => {
        const { status } = await send(cell, { origin: 'https://elsewhere.test' });
        if (status !== 403) wrong.push(`${nameOf(cell)}: ${status}`);
      },
    );
    await each(
      plainRequests.filter(({ method }) => method === 'POST'),
      async (request) => {
        const { status } = await sendPlain(request, 'admin', { origin: 'https://elsewhere.test' });
        if (status !== 403) wrong.push(`POST ${request.path}: ${status}`);
      },
    );
    expect(wrong).toEqual([]);
    expect((await stateOf(db)) as { active: unknown }).toMatchObject({
      active: (before as { active: unknown }).active,
      jobs: (before as { jobs: unknown }).jobs,
    });
  });

  it('holds for everybody who may', async () => {
    expect(await statusesOf(cells.filter(({ may }) => may))).toEqual([]);
  });
});

function sendPlain(
  { method, path, fields }: PlainRequest,
  actor: string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const client = world.clients[actor] as WebClient;
  return method === 'GET'
    ? client.fetch(path, { headers })
    : client.postForm(path, fields ?? {}, headers);
}

describe('requests about no workspace', () => {
  it('are answered alike to everybody who is signed in', async () => {
    const wrong: string[] = [];
    await each(
      plainRequests.flatMap((request) => Object.keys(actors).map((actor) => ({ request, actor }))),
      async ({ request, actor }) => {
        const { status } = await sendPlain(request, actor);
        const inside = actor === 'staff' ? (request.staff ?? request.in) : request.in;
        const expected = actors[actor] === null ? request.out : inside;
        if (status !== expected)
          wrong.push(`${request.method} ${request.path} by ${actor}: ${status}, not ${expected}`);
      },
    );
    expect(wrong).toEqual([]);
  });

  it('end the session by signing out, and only then', async () => {
    for (const actor of Object.keys(actors).filter((name) => actors[name] !== null)) {
      const client = await world.web.signIn(mailOf(actor));
      const kept = new Map(client.jar);
      expect((await client.fetch('/sign-out')).status).toBe(303);
      expect((await client.fetch('/account')).status).toBe(200);
      expect((await client.postForm('/sign-out', {})).status).toBe(303);
      for (const [name, value] of kept) client.jar.set(name, value);
      expect((await client.fetch('/account')).status, `${actor} has no session any more`).toBe(303);
    }
  });
});

describe("ids of another workspace in one's own", () => {
  const random = '0197f3a0-0000-7000-8000-00000000abcd';
  const attempts: [
    string,
    (id: string) => Promise<Response>,
    'report' | 'invitation' | 'member',
  ][] = [
    [
      'a report',
      (id) => (world.clients['admin'] as WebClient).fetch(`/w/alpha/reports/${id}`),
      'report',
    ],
    ...(['resend', 'revoke'] as const).map((intent): (typeof attempts)[number] => [
      `${intent} an invitation`,
      (id) => membersForm({ intent, invitation: id }),
      'invitation',
    ]),
    ...(['role', 'remove', 'end-sessions', 'reset-two-factor'] as const).map(
      (intent): (typeof attempts)[number] => [
        `${intent} of a member`,
        (id) => membersForm({ intent, userId: id, role: 'viewer', password }),
        'member',
      ],
    ),
  ];
  const membersForm = (fields: Record<string, string>) =>
    (world.clients['admin'] as WebClient).postForm('/w/alpha/settings/members', fields);

  it.each(attempts)(
    '%s: the same as one that never was, and nothing changes',
    async (_what, attempt, kind) => {
      const id = world.belongings.bravo[kind];
      const before = await stateOf(db);
      const [theirs, absent] = [
        await traceOf(await attempt(id), [id]),
        await traceOf(await attempt(random), [random]),
      ];
      expect(theirs).toBe(absent);
      expect(theirs).toMatch(/^404\n/);
      expect(await stateOf(db)).toEqual(before);
    },
  );
});
