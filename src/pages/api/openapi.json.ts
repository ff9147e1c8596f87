import type { APIRoute } from 'astro';
import { openApiDocument } from '#lib/http-api/openapi.ts';
import { rejectOtherMethods } from '../../middleware/methods.ts';

/** Public: it tells how the API is called, and nothing of anybody's data. */
export const GET: APIRoute = () => Response.json(openApiDocument());
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
