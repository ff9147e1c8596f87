import { z } from 'zod';
import { problemStatus, type ProblemCode } from '../platform/errors.ts';

const codes = Object.keys(problemStatus) as [ProblemCode, ...ProblemCode[]];

/** The shape of every error of the API. */
export const problemResponse = z.object({
  error: z.object({
    code: z.enum(codes),
    message: z.string().describe('What happened, why, and what to do about it.'),
    requestId: z.string().describe('Names the request in our logs.'),
    details: z
      .unknown()
      .optional()
      .describe('For bad_request: `fields`, a message for each wrong parameter.'),
  }),
});
