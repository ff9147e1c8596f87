import type { APIRoute } from 'astro';

/**
 * Liveness: the process responds. It checks nothing else, so that a database failure does not cause
 * restarts of the web process.
 */
export const GET: APIRoute = () => Response.json({ status: 'ok' });
