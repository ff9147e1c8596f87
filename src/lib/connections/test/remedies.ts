import { DecryptionError } from '../../platform/crypto.ts';
import { RemoteError, type RemoteErrorKind } from '../../platform/http/errors.ts';

const remedies: Record<RemoteErrorKind, string> = {
  auth:
    'Get new credentials from the system and enter them under Settings, Connections, or sign in ' +
    'there with a code.',
  permission:
    'Ask the administrator of the system to grant the missing rights, or connect as another user.',
  rate_limited: 'Wait until the time given above, then try again.',
  transient:
    'Check that this machine can reach the host (DNS, proxy, firewall) and that the system is ' +
    'up, then try again.',
  malformed: 'Check the base URL of the connection. If it is correct, the adapter needs an update.',
  gone: 'Check the base URL of the connection and the names that it contains.',
  cursor_invalid: 'Nothing to do: the next sync reads everything again.',
};

/** A sentence for the operator: how to fix a step that failed. */
export function suggestRemedy(error: unknown, step: string): string {
  if (error instanceof RemoteError) return remedies[error.kind];
  if (error instanceof DecryptionError)
    return 'Put the key named above back into TRIBUTARY_KEYS, or enter the secrets again.';
  return step === 'settings'
    ? 'Correct the settings with: npm run tributary -- connection update'
    : 'Enter the secrets again under Settings, Connections.';
}
