import { clienttether } from './clienttether/index.ts';
import { dynamics365 } from './dynamics-365/index.ts';
import { partnerCenter } from './partner-center/index.ts';
import type { ProviderDefinition } from './contract/provider.ts';

/** Every provider, in the order of lists and forms. Adding one is its folder and a line here. */
export const providers: readonly ProviderDefinition[] = [
  anyProvider(clienttether),
  anyProvider(partnerCenter),
  anyProvider(dynamics365),
];

/** The provider of a connection. Throws an Error that names the known ones. */
export function getProvider(key: string): ProviderDefinition {
  const provider = providers.find((candidate) => candidate.key === key);
  if (provider) return provider;
  const known = providers.map((candidate) => candidate.key).join(', ');
  throw new Error(`There is no provider "${key}". Known providers: ${known}.`);
}

/**
 * Forgets which settings a provider takes: whoever goes through the registry hands back to a
 * provider only what that provider's own schema has parsed.
 */
function anyProvider<Settings>(provider: ProviderDefinition<Settings>): ProviderDefinition {
  return provider as unknown as ProviderDefinition;
}
