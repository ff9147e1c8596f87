import type { Role } from '#lib/identity/auth/access.ts';
import type { Slug, World } from './world.ts';

type Method = 'GET' | 'POST';
export type Fields = Record<string, string>;

/**
 * Whose rows a form names: fresh ones of the workspace for those who may change them, else the ones
 * that must stay.
 */
export interface Subject {
  world: World;
  slug: Slug;
  may: boolean;
}

/** One request about a workspace. */
export interface TenantRequest {
  file: string;
  method: Method;
  /** Told apart from others of the same route. */
  action: string;
  path: (slug: Slug, world: World) => string;
  fields?: (subject: Subject) => Promise<Fields>;
  /** As JSON instead of a form. */
  json?: boolean;
  /** The least role that may, and what it is answered. */
  role: Role;
  ok: number[];
  /** A status that nobody's rights change: the route does not know the method. */
  always?: number;
}

/**
 * One request that is about no workspace: the answer to visitors, to people who are signed in, and
 * to staff of every workspace where that is another one.
 */
export interface PlainRequest {
  file: string;
  method: Method;
  path: string;
  fields?: Fields;
  out: number;
  in: number;
  staff?: number;
}

export const none = () => Promise.resolve({});
export const belonging =
  (
    kind:
      | 'report'
      | 'invitation'
      | 'member'
      | 'connection'
      | 'record'
      | 'job'
      | 'consent'
      | 'referral'
      | 'lead'
      | 'push'
      | 'erasure',
  ) =>
  (slug: Slug, world: World) =>
    world.belongings[slug === 'alpha' ? 'alpha' : 'bravo'][kind];

export const ofLead = (slug: Slug, world: World) =>
  `/w/${slug}/leads/${belonging('lead')(slug, world)}`;

/** A page: it reads, whatever the method. */
export function page(
  name: string,
  role: Role = 'viewer',
  {
    ok = 200,
    post = ok,
    path = name,
  }: { ok?: number; post?: number; path?: string | TenantRequest['path'] } = {},
): TenantRequest[] {
  const at = typeof path === 'string' ? (slug: Slug) => `/w/${slug}${path && `/${path}`}` : path;
  const file = `w/[tenant]/${name || 'index'}.astro`;
  return [
    { file, method: 'GET', action: 'read', path: at, role, ok: [ok] },
    { file, method: 'POST', action: 'post nothing', path: at, fields: none, role, ok: [post] },
  ];
}

/** A page that everybody may read, and members may write on. */
export function reading(file: string, path: string): TenantRequest[] {
  const common = { file: `w/[tenant]/${file}.astro`, path: (slug: Slug) => `/w/${slug}/${path}` };
  return [
    { ...common, method: 'GET', action: 'read', role: 'viewer', ok: [200] },
    { ...common, method: 'POST', action: 'post nothing', fields: none, role: 'member', ok: [400] },
  ];
}

/** A form of such a page. */
export function written(
  file: string,
  path: string,
  intent: string,
  fields: (subject: Subject) => Fields,
  ok: number,
): TenantRequest {
  return {
    file: `w/[tenant]/${file}.astro`,
    method: 'POST',
    action: intent,
    path: (slug) => `/w/${slug}/${path}`,
    fields: (subject) => Promise.resolve({ intent, ...fields(subject) }),
    role: 'member',
    ok: [ok],
  };
}
