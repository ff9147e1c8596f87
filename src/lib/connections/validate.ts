import { z } from 'zod';
import { config } from '../platform/config.ts';
import { Problem } from '../platform/errors.ts';
import { isLoopback } from '../platform/http/addresses.ts';
import { isAllowedHost } from '../platform/http/guard.ts';
import { listEnteredSecrets } from './oauth/app.ts';
import type { ProviderDefinition } from '../connectors/contract/provider.ts';

/**
 * Parses the settings of a connection and fills in defaults. The base URL must be on one of the
 * provider's hosts. Throws Problem `bad_request`, which names each error.
 */
export function checkSettings(
  provider: ProviderDefinition,
  settings: Record<string, unknown>,
): unknown {
  const parsed = provider.settings.safeParse(settings);
  if (!parsed.success)
    throw new Problem(
      'bad_request',
      `The settings of ${provider.label} are not valid: ${z.prettifyError(parsed.error)}`,
    );
  checkRequiredSettings(provider, parsed.data as Record<string, unknown>);
  checkBaseUrl(provider, parsed.data);
  return parsed.data;
}

function checkRequiredSettings(
  { label, settingFields = [] }: ProviderDefinition,
  settings: Record<string, unknown>,
): void {
  const blank = settingFields.filter(
    ({ name, required }) => required === true && settings[name] === '',
  );
  if (blank.length > 0)
    throw new Problem(
      'bad_request',
      `${label} needs the setting ${blank.map(({ name }) => name).join(' and ')}.`,
    );
}

function checkBaseUrl(provider: ProviderDefinition, settings: unknown): void {
  const { baseUrl } = z.object({ baseUrl: z.string() }).parse(settings);
  const url = URL.parse(baseUrl);
  if (url !== null && isOwnAddress(url, provider.hosts)) return;
  throw new Problem(
    'bad_request',
    `"${url?.host ?? 'What was given'}" is not a host of ${provider.label}. ` +
      `The base URL must be an https:// address on ${provider.hosts.join(' or ')}.`,
  );
}

/**
 * Whether an address is https:// on one of the hosts, without credentials in it, or on this machine
 * where the configuration allows that.
 */
export function isOwnAddress(url: URL, hosts: readonly string[]): boolean {
  if (url.username !== '' || url.password !== '') return false;
  if (isLoopback(url.hostname)) return config().ALLOW_LOOPBACK_PROVIDERS;
  return url.protocol === 'https:' && isAllowedHost(url.hostname, hosts);
}

/**
 * Throws Problem `bad_request` for unknown, missing and blank secrets, and where no secrets do
 * because people sign in.
 */
export function checkSecrets(provider: ProviderDefinition, secrets: Record<string, string>): void {
  const known = listEnteredSecrets(provider).map((field) => field.name);
  const { auth, label } = provider;
  const isBySigningIn = auth.kind === 'oauth2' && auth.grant.authorize !== undefined;
  if (isBySigningIn && !known.includes('refreshToken'))
    throw new Problem(
      'bad_request',
      `${label} is connected by signing in there: Settings, Connections leads to it.`,
    );
  const unknown = Object.keys(secrets).filter((name) => !known.includes(name));
  const missing = known.filter((name) => (secrets[name] ?? '').trim() === '');
  if (unknown.length > 0)
    throw new Problem(
      'bad_request',
      `${provider.label} has no secret called ${unknown.join(', ')}. ` +
        `It needs: ${known.join(', ')}.`,
    );
  if (missing.length > 0)
    throw new Problem(
      'bad_request',
      `${provider.label} needs the secret ${missing.join(' and ')}.`,
    );
}
