import { config } from '../../platform/config.ts';
import { getOwn } from '../../platform/own.ts';
import { registerSecret } from '../../platform/secrets.ts';
import type { SecretField } from '../../connectors/contract/auth.ts';
import type { ProviderDefinition } from '../../connectors/contract/provider.ts';

/**
 * The secrets of the app that the deployment has registered at a provider (OAUTH_CLIENTS), by name;
 * empty when it has none, or when people do not sign in with it. From then on this process removes
 * them from everything it logs.
 */
export function getAppSecrets({ key, auth }: ProviderDefinition): Record<string, string> {
  if (auth.kind !== 'oauth2' || auth.grant.authorize === undefined) return {};
  const app = getOwn(config().OAUTH_CLIENTS, key);
  if (app?.clientSecret !== undefined) registerSecret(app.clientSecret);
  return Object.fromEntries(
    auth.secrets.flatMap(({ name, ofApp }) => {
      const value = ofApp === true ? getOwn<string | undefined>({ ...app }, name) : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The secrets that a person has to enter: all but those of the deployment's own app. */
export function listEnteredSecrets(provider: ProviderDefinition): SecretField[] {
  const app = getAppSecrets(provider);
  return provider.auth.secrets.filter(({ name }) => !Object.hasOwn(app, name));
}

/** Whether the deployment's own app sends the webhooks of connections that sign in this way. */
export function usesAppWebhook(provider: ProviderDefinition): boolean {
  const { webhook } = provider;
  return (
    webhook?.ofApp === true &&
    webhook.proof.kind === 'secret' &&
    Object.hasOwn(getAppSecrets(provider), webhook.proof.secret)
  );
}
