import type { APIContext, APIRoute } from 'astro';
import { noteStaff } from '#lib/identity/audit/context.ts';
import { recordEntry } from '#lib/identity/audit/entered.ts';
import {
  findAccess,
  findAccessById,
  hasRole,
  type Access,
  type Role,
} from '#lib/identity/auth/access.ts';
import { slugField } from '#lib/identity/auth/input.ts';
import { withNext } from '#lib/identity/auth/next-path.ts';
import type { SignedIn } from '#lib/identity/auth/sessions.ts';
import { hasSecondFactor, staffNeedSecondFactor } from '#lib/identity/auth/second-factor.ts';
import { isStaffOfAll } from '#lib/identity/auth/staff.ts';
import { isDemandedAsStaff } from '#lib/identity/auth/two-factor-demand.ts';
import { Problem } from '#lib/platform/errors.ts';
import { limitWork } from './work-limits.ts';

/*
 * Every route calls exactly one guard before anything else; tests/identity/auth/routes.test.ts
 * checks this and lists the public routes. problems.ts turns the Problems thrown here into pages or
 * JSON.
 */

/**
 * The part of the request context that guards read; a page passes `Astro`, an endpoint its context.
 */
export type GuardContext = Pick<
  APIContext,
  'locals' | 'params' | 'url' | 'request' | 'redirect' | 'routePattern'
>;

/** For pages outside workspaces: returns the signed-in user, or a redirect to the sign-in page. */
export function requireUser(context: GuardContext): SignedIn | Response {
  const { user, session } = context.locals;
  if (user !== null && session !== null) return { user, session };
  return context.redirect(withNext('/sign-in', context.url.pathname + context.url.search), 303);
}

/** The person of a request that a guard has let through. */
export function requireSignedIn({ user, session }: App.Locals): SignedIn {
  if (user === null || session === null) throw new Error('No guard has run');
  return { user, session };
}

/**
 * For pages that name workspaces without being in one: like `requireUser`, but leads staff to the
 * setup of two-step sign-in while they lack the second factor that every workspace asks of them.
 */
export async function requireUserOfWorkspaces(context: GuardContext): Promise<SignedIn | Response> {
  const signedIn = requireUser(context);
  if (signedIn instanceof Response || (await hasSecondFactor(signedIn))) return signedIn;
  return (await isDemandedAsStaff(signedIn.user)) ? leadToSetup(context) : signedIn;
}

/**
 * For pages under /w/[tenant]: returns the access of the signed-in user if it includes `role`, or a
 * redirect to the sign-in page when signed out, or to the setup of two-step sign-in when it is
 * demanded and missing. Throws Problem `not_found` without access to the workspace, as for one that
 * does not exist, and `forbidden` for a lower role.
 */
export async function requireAccess(context: GuardContext, role: Role): Promise<Access | Response> {
  const signedIn = requireUser(context);
  if (signedIn instanceof Response) return signedIn;
  const access = requireFound(await findAccess(signedIn.user, context.params['tenant'] ?? ''));
  if (access.needsSecondFactor && !(await hasSecondFactor(signedIn))) return leadToSetup(context);
  return grantAccess(context, access, role);
}

/**
 * For pages about the whole installation: staff of every workspace only. For everyone else the page
 * does not exist.
 */
export async function requireStaff(context: GuardContext): Promise<SignedIn | Response> {
  const signedIn = requireUser(context);
  if (signedIn instanceof Response) return signedIn;
  if (!(await isStaffOfAll(signedIn.user)))
    throw new Problem('not_found', 'There is nothing at this address.');
  noteStaff();
  const isMissing = staffNeedSecondFactor() && !(await hasSecondFactor(signedIn));
  if (isMissing) return leadToSetup(context);
  await limitWork(context, signedIn.user.id);
  return signedIn;
}

/** To the page that explains and sets up two-step sign-in, and from there back to this one. */
function leadToSetup({ redirect, url }: GuardContext): Response {
  return redirect(withNext('/account/two-factor', url.pathname + url.search), 303);
}

/**
 * For /api without a workspace: returns the signed-in user, else throws Problem `unauthenticated`.
 */
function requireApiUser({ locals: { user, session } }: GuardContext): SignedIn {
  if (user === null || session === null)
    throw new Problem('unauthenticated', 'Sign in to use this address.');
  return { user, session };
}

/**
 * For /api: like `requireAccess`, for the workspace of `?tenant=slug`, else the active one of the
 * session. Throws Problem `two_factor_required` where a page leads to the setup.
 */
export async function requireApiAccess(context: GuardContext, role: Role): Promise<Access> {
  const signedIn = requireApiUser(context);
  const access = requireFound(await findApiAccess(context, signedIn));
  await requireSecondFactor(access, signedIn);
  return grantAccess(context, access, role);
}

async function requireSecondFactor(access: Access, signedIn: SignedIn): Promise<void> {
  if (access.needsSecondFactor && !(await hasSecondFactor(signedIn)))
    throw new Problem(
      'two_factor_required',
      'This workspace is only for people with two-step sign-in, and your account has none. ' +
        'Set it up under Account on the site, then sign in with a code.',
    );
}

/** The access that an API request asks for; undefined without any. */
async function findApiAccess(
  context: GuardContext,
  { user, session }: SignedIn,
): Promise<Access | undefined> {
  const slug = context.url.searchParams.get('tenant');
  if (slug === null && session.activeTenantId === null) {
    throw new Problem(
      'bad_request',
      'No workspace is active. Choose one with ?tenant= and its slug.',
    );
  }
  if (slug === null) return findAccessById(user, session.activeTenantId ?? '');
  if (!slugField.safeParse(slug).success)
    throw new Problem('bad_request', 'tenant must be the slug of a workspace.');
  return findAccess(user, slug);
}

/**
 * For the way back from a provider: like `requireApiAccess`, for the workspace of an id. Throws
 * Problem `bad_request` when the person has no access to it.
 */
export async function requireReturnAccess(
  context: GuardContext,
  tenantId: string,
  role: Role,
): Promise<Access> {
  const signedIn = requireApiUser(context);
  const access = await findAccessById(signedIn.user, tenantId);
  if (access === undefined)
    throw new Problem(
      'bad_request',
      'This answer belongs to no sign-in of a workspace that you have access to. Nothing was ' +
        'connected. Start again under Settings, Connections.',
    );
  await requireSecondFactor(access, signedIn);
  return grantAccess(context, access, role);
}

type Handler = (context: APIContext, access: Access) => Response | Promise<Response>;

/** An endpoint of /api for users whose access includes `role`. */
export function apiRoute(role: Role, handler: Handler): APIRoute {
  return async (context) => handler(context, await requireApiAccess(context, role));
}

function requireFound(access: Access | undefined): Access {
  if (access !== undefined) return access;
  throw new Problem('not_found', 'This workspace does not exist, or you do not have access to it.');
}

/** Throws Problem `rate_limited` when the user has caused too much work of this kind. */
async function grantAccess(context: GuardContext, access: Access, role: Role): Promise<Access> {
  requireRole(access, role);
  await limitWork(context, access.user.id);
  const { locals } = context;
  locals.access = access;
  if (access.isStaff) {
    noteStaff();
    await recordEntry(access, locals.session?.id ?? '');
  }
  return access;
}

/**
 * For the forms of a page, which may need a higher role than reading it. Throws Problem `forbidden`
 * for a lower role; `refusal` says what the user cannot do, and whom to ask.
 */
export function requireRole(
  access: Access,
  role: Role,
  refusal = `Your role in this workspace is ${access.role}; this requires ${role}. Ask an admin.`,
): void {
  if (!hasRole(access, role)) throw new Problem('forbidden', refusal);
}

/**
 * Returns the path of a page in the active workspace, or of the list of workspaces when none is
 * active.
 */
export async function resolveWorkspacePath(
  { user, session }: SignedIn,
  page: string,
  search = '',
): Promise<string> {
  const access =
    session.activeTenantId === null
      ? undefined
      : await findAccessById(user, session.activeTenantId).catch(orList);
  return access === undefined ? '/workspaces' : `/w/${access.tenant.slug}/${page}${search}`;
}

/** The list tells which workspaces want another way of signing in. */
function orList(error: unknown): undefined {
  if (!(error instanceof Problem) || error.code !== 'forbidden') throw error;
}
