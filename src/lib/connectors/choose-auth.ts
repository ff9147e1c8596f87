import type { Auth, OtherAuth } from './contract/auth.ts';
import type { ProviderDefinition } from './contract/provider.ts';

/**
 * The provider as a connection sees it that authenticates in the way named `key`: its `auth` is
 * that one. Null names the first. Undefined when the provider has no such way.
 */
export function findAuth(
  provider: ProviderDefinition,
  key: string | null,
): ProviderDefinition | undefined {
  if (key === null) return provider;
  const auth = provider.otherAuth?.find((other) => other.key === key);
  return auth && { ...provider, auth };
}

/** As `findAuth`, for the key of a stored connection. Throws an Error for a key that is no more. */
export function chooseAuth(provider: ProviderDefinition, key: string | null): ProviderDefinition {
  const chosen = findAuth(provider, key);
  if (chosen !== undefined) return chosen;
  throw new Error(`${provider.label} can no longer be connected in the way "${key}".`);
}

/** All ways to authenticate, the first one with the key null. */
export function listAuths({ auth, otherAuth = [] }: ProviderDefinition): {
  key: string | null;
  label: string | null;
  auth: Auth<unknown>;
}[] {
  return [
    { key: null, label: null, auth },
    ...otherAuth.map((other: OtherAuth<unknown>) => ({
      key: other.key,
      label: other.label,
      auth: other,
    })),
  ];
}
