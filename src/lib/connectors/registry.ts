import { clienttether } from './clienttether/index.ts';
import { dynamics365 } from './dynamics-365/index.ts';
import { hubspot } from './hubspot/index.ts';
import { partnerCenter } from './partner-center/index.ts';
import { salesforce } from './salesforce/index.ts';
import type { ActionDefinition, ActionKey } from './contract/actions.ts';
import type { ProviderDefinition } from './contract/provider.ts';

/** All providers, in the order of lists and forms. */
export const providers: readonly ProviderDefinition[] = [
  anyProvider(clienttether),
  anyProvider(partnerCenter),
  anyProvider(dynamics365),
  anyProvider(salesforce),
  anyProvider(hubspot),
];

/** The provider with a key. Throws an Error that names the known keys when there is none. */
export function getProvider(key: string): ProviderDefinition {
  const provider = providers.find((candidate) => candidate.key === key);
  if (provider) return provider;
  const known = providers.map((candidate) => candidate.key).join(', ');
  throw new Error(`There is no provider "${key}". Known providers: ${known}.`);
}

/** What may be done to the records of a stream; undefined when that is not among it. */
export const findAction = (
  { actions = [] }: Pick<ProviderDefinition, 'actions'>,
  stream: string,
  key: ActionKey,
): ActionDefinition | undefined =>
  actions.find((action) => action.stream === stream && action.key === key) as
    ActionDefinition | undefined;

/**
 * Erases the type of a provider's settings. That is safe because callers of the registry only pass
 * settings to a provider that its own schema has parsed.
 */
function anyProvider<Settings>(provider: ProviderDefinition<Settings>): ProviderDefinition {
  return provider as unknown as ProviderDefinition;
}
