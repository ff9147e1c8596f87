import type { APIRoute } from 'astro';
import { Problem } from '#lib/platform/errors.ts';
import { toJsonResponse } from './problems.ts';

/**
 * Responds to unsupported methods of an API route with 405 and the supported ones. Export it as
 * `ALL`.
 */
export function rejectOtherMethods(...allowed: string[]): APIRoute {
  return ({ request, locals }) => {
    const allow = allowed.join(', ');
    const response = toJsonResponse(
      new Problem(
        'method_not_allowed',
        `This address does not support ${request.method}. Use ${allow}.`,
      ),
      locals.requestId,
    );
    response.headers.set('allow', allow);
    return response;
  };
}
