import type { z } from 'zod';
import type { Role } from '../identity/auth/roles.ts';
import type { ProblemCode } from '../platform/errors.ts';

/** One method of one path of the API, for its OpenAPI document. */
export interface Endpoint {
  method: 'get' | 'post';
  path: string;
  summary: string;
  /** The lowest role that may call it; null for public endpoints. */
  role: Role | null;
  query?: z.ZodObject;
  /** The JSON body of the request. */
  body?: z.ZodObject;
  response: { status: number; name: string; schema: z.ZodType; description: string };
  /** In addition to the problems of every endpoint that needs a role. */
  problems: ProblemCode[];
}
