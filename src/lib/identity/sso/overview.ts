import type { Access } from '../auth/access.ts';
import { listDomains, type SsoDomain } from './domains.ts';
import { redirectUri } from './oidc.ts';
import { findProviderOf, type SsoProvider } from './providers.ts';

/** The single sign-on of a workspace, without its secret. */
export interface SsoSetup {
  /** Undefined until a provider has been entered. */
  provider: (Omit<SsoProvider, 'sealedSecret' | 'keyId'> & { redirectUri: string }) | undefined;
  domains: SsoDomain[];
}

export async function readSsoSetup({ tenant }: Access): Promise<SsoSetup> {
  const [found, domains] = await Promise.all([findProviderOf(tenant.id), listDomains(tenant.id)]);
  if (found === undefined) return { provider: undefined, domains };
  const { sealedSecret: _sealed, keyId: _key, ...provider } = found;
  return { provider: { ...provider, redirectUri: redirectUri(found.id) }, domains };
}
