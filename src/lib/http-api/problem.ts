import { z } from 'zod';
import { problemStatus, type ProblemCode } from '../platform/errors.ts';

const codes = Object.keys(problemStatus) as [ProblemCode, ...ProblemCode[]];

/** The schema of every error of the API. */
export const problemResponse = z.object({
  error: z.object({
    code: z.enum(codes),
    message: z.string().describe('What happened, why, and what to do.'),
    requestId: z.string().describe('Id of the request in the logs.'),
    details: z
      .unknown()
      .optional()
      .describe('For bad_request: `fields`, with a message for each invalid parameter.'),
  }),
});
