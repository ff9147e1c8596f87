import type { APIRoute } from 'astro';
import { signOut } from '#lib/identity/auth/sign-in.ts';
import { redirectAfterPost } from '../actions/form.ts';

/**
 * Ends the session. Accepts only POST, so that no link or prefetch signs anyone out. The browser is
 * told to drop what it still holds of the pages, for the next person at the same machine.
 */
export const POST: APIRoute = async ({ locals }) => {
  const response = redirectAfterPost('/sign-in?done=signed-out', await signOut(locals.client));
  response.headers.set('clear-site-data', '"cache", "storage"');
  return response;
};

export const GET: APIRoute = ({ redirect }) => redirect('/', 303);
