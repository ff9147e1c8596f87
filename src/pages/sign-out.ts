import type { APIRoute } from 'astro';
import { signOut } from '#lib/identity/auth/sign-in.ts';
import { redirectAfterPost } from '../actions/form.ts';

/** Ends the session. Only by POST, so that no link and no prefetch signs anybody out. */
export const POST: APIRoute = async ({ locals }) =>
  redirectAfterPost('/sign-in?done=signed-out', await signOut(locals.client));

export const GET: APIRoute = ({ redirect }) => redirect('/', 303);
