import type { APIRoute } from 'astro';
import { handleAuthRequest } from '../../../middleware/auth-endpoint.ts';

export const ALL: APIRoute = ({ request, locals, params }) =>
  handleAuthRequest(request, locals, params['all'] ?? '');
