import type { APIRoute } from 'astro';
import { openApiDocument } from '#lib/http-api/openapi.ts';
import { rejectOtherMethods } from '../../middleware/methods.ts';

/** Public: it describes the API and contains no data. */
export const GET: APIRoute = () => Response.json(openApiDocument());
export const HEAD = GET;
export const ALL = rejectOtherMethods('GET', 'HEAD');
