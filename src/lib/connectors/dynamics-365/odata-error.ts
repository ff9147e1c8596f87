import type { RemoteErrorKind } from '../../platform/http/errors.ts';
import { toObject } from '../kit/json.ts';

/** The error that a body of the Web API describes; both texts are empty when it describes none. */
interface ODataError {
  /** Such as `0x80040333`, in lower case. */
  code: string;
  /** In the words of Dataverse: for matching, never for people. */
  message: string;
}

export function readODataError(body: unknown): ODataError {
  const { code, message } = toObject(toObject(body)['error']);
  return {
    code: typeof code === 'string' ? code.toLowerCase() : '',
    message: typeof message === 'string' ? message : '',
  };
}

/**
 * Error codes that say more than the status, for reading and writing alike. The first three are
 * those of the service protection limits, which are documented to come with 429.
 */
export const kindsByCode: Readonly<Record<string, RemoteErrorKind>> = {
  '0x80072321': 'rate_limited',
  '0x80072322': 'rate_limited',
  '0x80072326': 'rate_limited',
  '0x80040220': 'permission',
};

/** Explains a 403, with the name of the missing privilege if Dataverse mentions it. */
export function describeMissingPrivilege(
  { message }: ODataError,
  { action, remedy }: { action: string; remedy: string },
): string {
  const privilege = /\bprv\w+/.exec(message)?.[0];
  const reason =
    privilege === undefined
      ? `does not allow the application to ${action}`
      : `reports that the application lacks the privilege ${privilege}`;
  return `Dynamics 365 ${reason}. ${remedy}`;
}
