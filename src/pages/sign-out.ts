import type { APIRoute } from 'astro';
import { signOut } from '#lib/identity/auth/sign-in.ts';
import { redirectAfterPost } from '../actions/form.ts';

/** Ends the session. Accepts only POST, so that no link or prefetch signs anyone out. */
export const POST: APIRoute = async ({ locals }) =>
  redirectAfterPost('/sign-in?done=signed-out', await signOut(locals.client));

export const GET: APIRoute = ({ redirect }) => redirect('/', 303);
