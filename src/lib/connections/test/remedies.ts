import { DecryptionError } from '../../platform/crypto.ts';
import { RemoteError, type RemoteErrorKind } from '../../platform/http/errors.ts';

const remedies: Record<RemoteErrorKind, string> = {
  auth: 'Get new credentials from the system and replace them under Settings, Connections, or sign in there with a code.',
  permission:
    'Ask the administrator of the system for the rights that are named, or connect as another user.',
  rate_limited: 'Wait for the time that is named, then try again.',
  transient:
    'Check that this machine reaches the host (name service, proxy, firewall) and that the system is up, then try again.',
  malformed:
    'Check the base URL of the connection; if it is right, the adapter has to be brought up to date.',
  gone: 'Check the base URL of the connection and what it names.',
  cursor_invalid: 'Nothing: the next sync reads everything again.',
};

/** What an operator can do about a step that failed. */
export function suggestRemedy(error: unknown, step: string): string {
  if (error instanceof RemoteError) return remedies[error.kind];
  if (error instanceof DecryptionError)
    return 'Put the key that is named back into TRIBUTARY_KEYS, or enter the secrets again.';
  return step === 'settings'
    ? 'Correct the settings with: npm run tributary -- connection update'
    : 'Enter the secrets again under Settings, Connections.';
}
