import type { APIRoute } from 'astro';

/**
 * Alive: the process answers. It asks nothing else, so that a lost database makes nobody restart
 * the web.
 */
export const GET: APIRoute = () => Response.json({ status: 'ok' });
