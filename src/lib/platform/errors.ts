/** Codes that an API response may carry, each with its HTTP status. */
export const problemStatus = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  two_factor_required: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  rate_limited: 429,
  internal: 500,
  unavailable: 503,
  timed_out: 504,
} as const;
export type ProblemCode = keyof typeof problemStatus;

/**
 * An expected failure that a person caused or can correct: the message says what happened, why and
 * what to do.
 */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly details: unknown;

  constructor(code: ProblemCode, message: string, details?: unknown) {
    super(message);
    this.name = 'Problem';
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return problemStatus[this.code];
  }
}
