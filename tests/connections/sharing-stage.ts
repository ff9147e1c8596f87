/*
 * Sign-ins of the stage that several connections use: of acme by itself, and of acme by birch, where
 * stella is staff of both.
 */
import { beforeAll } from 'vitest';
import { listConnectionViews, type ConnectionView } from '#lib/connections/manage.ts';
import { withConnection } from '#lib/connections/session.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { newId } from '../../src/lib/platform/id.ts';
import type { TestDatabase } from '../helpers/database.ts';
import {
  begin,
  comeBack,
  leave,
  people,
  send,
  server,
  signIn,
  tenants,
  type Person,
} from './sign-in-stage.ts';

export const staff = {} as Person;
export type Slug = keyof typeof tenants;

/** Makes stella staff of every workspace. Call it after `useSignIn`. */
export function useStaff(): void {
  beforeAll(async () => {
    const email = 'stella@agency.test';
    const { user } = await createUser({ email, staff: true });
    Object.assign(staff, { id: user.id, email, sessionId: newId() });
  });
}

export const view = async (slug: Slug, id: string): Promise<ConnectionView> => {
  const found = (await listConnectionViews(tenants[slug].id)).find((each) => each.id === id);
  if (found === undefined) throw new Error('no such connection');
  return found;
};

const newest = async (slug: Slug): Promise<string> =>
  (await listConnectionViews(tenants[slug].id)).at(-1)?.id ?? '';

/** A connection of acme that ann has just signed in to. */
export async function ownSignIn(account = 'acme'): Promise<string> {
  await signIn({ account });
  return newest('acme');
}

/** Another connection, of this workspace, with the sign-in of one of acme. */
export async function share(
  owner: string,
  who: Person = people.ann,
  slug: Slug = 'acme',
  more: Record<string, string> = {},
): Promise<string> {
  const path = await send(who, slug, {
    intent: 'share',
    workspace: 'acme',
    authorization: owner,
    label: 'Shared',
    ...more,
  });
  if (path !== `/w/${slug}/settings/connections?done=share`) throw new Error(path);
  return newest(slug);
}

/** Signs in again by way of a connection's form; the path that it leads to at last. */
export async function signInAgain(
  id: string,
  {
    who = people.ann,
    slug = 'acme',
    account = 'acme',
  }: {
    who?: Person;
    slug?: Slug;
    account?: string;
  } = {},
): Promise<{ path: string; signInId: string }> {
  const signInId = await begin(who, slug, { intent: 'sign-in-again', connection: id });
  const back = server.visit(await leave(signInId, who, 'acme'), { account });
  return { path: await comeBack(back, who), signInId };
}

/** Asks the system who we are, as every sync does. */
export const me = async (slug: Slug, connectionId: string): Promise<number> =>
  withConnection({ tenantId: tenants[slug].id, connectionId }, {}, async (session) => {
    const { baseUrl } = session.settings as { baseUrl: string };
    return (await session.http.request({ url: `${baseUrl}me` })).status;
  });

export const statuses = async (...places: [Slug, string][]) =>
  Promise.all(places.map(async ([slug, id]) => (await view(slug, id)).status));

export const renewals = () =>
  server.forms.filter(({ grant_type: kind }) => kind === 'refresh_token').length;

export const credentialsOf = async (db: TestDatabase, id: string): Promise<string[]> =>
  (
    await db.query<{ name: string }>(
      'select name from credentials where connection_id = $1 order by name',
      [id],
    )
  ).map(({ name }) => name);
