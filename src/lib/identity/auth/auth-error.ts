import { isAPIError } from 'better-auth/api';
import { Problem } from '../../platform/errors.ts';
import { fieldProblem } from './input.ts';
import { getOwn } from '../../platform/own.ts';

interface ErrorBody {
  code?: string;
  message?: string;
  retryAfter?: number;
}

const lockedSeconds = 15 * 60;

/**
 * Translates an error of better-auth into a Problem. Errors that no person caused are returned
 * unchanged: those of its own, with a status of 500 and above.
 */
export function toProblem(error: unknown): unknown {
  if (!isAPIError(error)) return error;
  const body: ErrorBody = { ...error.body };
  const known = getOwn(problemsByCode, body.code ?? '')?.(body);
  if (known !== undefined) return known;
  if (error.statusCode === 401)
    return new Problem('unauthenticated', 'Your session has ended. Sign in again.');
  return error.statusCode < 500
    ? new Problem('bad_request', body.message ?? 'The request was refused.')
    : error;
}

const problemsByCode: Record<string, (body: ErrorBody) => Problem> = {
  RATE_LIMITED: (body) =>
    new Problem('rate_limited', body.message ?? 'Try again later.', {
      retryAfter: body.retryAfter ?? 60,
    }),
  INVALID_EMAIL_OR_PASSWORD: () =>
    new Problem('unauthenticated', 'The e-mail address or the password is wrong.'),
  INVALID_PASSWORD: () =>
    fieldProblem('bad_request', 'password', 'This is not your current password.'),
  INVALID_CODE: () =>
    fieldProblem(
      'unauthenticated',
      'code',
      'This code is wrong or too old. Enter the current one from your app.',
    ),
  INVALID_BACKUP_CODE: () =>
    fieldProblem('unauthenticated', 'code', 'This is not one of your unused backup codes.'),
  INVALID_TWO_FACTOR_COOKIE: () =>
    new Problem('unauthenticated', 'The sign-in took too long. Start again with your password.', {
      startAgain: true,
    }),
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: () =>
    new Problem(
      'unauthenticated',
      'There were too many wrong codes. Start again with your password.',
      { startAgain: true },
    ),
  ACCOUNT_TEMPORARILY_LOCKED: () =>
    new Problem(
      'rate_limited',
      'There were too many wrong codes for this account. Try again in 15 minutes.',
      { retryAfter: lockedSeconds },
    ),
  TOTP_ALREADY_ENABLED: () =>
    new Problem('conflict', 'Two-step sign-in is already on. Turn it off to set it up again.'),
  TOTP_NOT_ENABLED: notSetUp,
  TWO_FACTOR_NOT_ENABLED: notSetUp,
  BACKUP_CODES_NOT_ENABLED: notSetUp,
};

function notSetUp(): Problem {
  return new Problem('conflict', 'Two-step sign-in is not set up. Start with your password.');
}
