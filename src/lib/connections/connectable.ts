import type { Auth, SecretField } from '../connectors/contract/auth.ts';
import type { ProviderDefinition } from '../connectors/contract/provider.ts';
import { chooseAuth, listAuths } from '../connectors/choose-auth.ts';
import { providers } from '../connectors/registry.ts';
import { listEnteredSecrets, usesAppWebhook } from './oauth/app.ts';

/** What the connect form shows of one provider and one way to authenticate there. */
export interface Connectable {
  /** Key of the provider. */
  key: string;
  /** Key of the way to authenticate; null for the provider's first one. */
  auth: string | null;
  /** Tells the forms of a page apart. */
  id: string;
  /** What the system is called. */
  system: string;
  /** As `system`, with the way to authenticate where there are several. */
  label: string;
  secrets: readonly SecretField[];
  settings: readonly { name: string; label: string; help: string; required?: boolean }[];
  /** Whether a person signs in on the provider's pages instead of entering credentials. */
  byRedirect: boolean;
  /** Whether a person can sign in with a device code instead of entering a refresh token. */
  byCode: boolean;
  /**
   * How a connection gets webhooks: we register its address; a person enters it at the provider, as it
   * is or with a token that is made first; the app of this installation gets those of all its
   * connections. Null when it gets none.
   */
  webhook: 'registered' | 'by_hand' | 'by_token' | 'by_app' | null;
}

/** The providers that a workspace can connect, each in every way that it can be. */
export function listConnectable(): Connectable[] {
  return providers.flatMap((provider) =>
    listAuths(provider).map(({ key, label, auth }) => {
      const byRedirect = isByRedirect(auth);
      const entered = listEnteredSecrets(chooseAuth(provider, key));
      return {
        key: provider.key,
        auth: key,
        id: key === null ? provider.key : `${provider.key}-${key}`,
        system: provider.label,
        label: label === null ? provider.label : `${provider.label} ${label}`,
        secrets: byRedirect ? entered.filter(({ name }) => name !== 'refreshToken') : entered,
        settings: provider.settingFields ?? [],
        byRedirect,
        byCode: auth.kind === 'oauth2' && auth.grant.device !== undefined,
        webhook: describeWebhook(chooseAuth(provider, key)),
      };
    }),
  );
}

const isByRedirect = (auth: Auth<unknown>): boolean =>
  auth.kind === 'oauth2' && auth.grant.authorize !== undefined;

/** An address by hand is of no use to a connection without the secret that proves deliveries. */
function describeWebhook(provider: ProviderDefinition): Connectable['webhook'] {
  const { webhook, auth } = provider;
  if (webhook === undefined) return null;
  if (webhook.registration !== undefined) return 'registered';
  if (usesAppWebhook(provider)) return 'by_app';
  const { proof } = webhook;
  if (proof.kind === 'token') return 'by_token';
  return proof.kind === 'certificate' || auth.secrets.some(({ name }) => name === proof.secret)
    ? 'by_hand'
    : null;
}
