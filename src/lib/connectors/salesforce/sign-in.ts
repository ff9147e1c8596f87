import type { OtherAuth, TokenAccount } from '../contract/auth.ts';
import { isTokenRejected } from './api-error.ts';
import { LOGIN_HOSTS, ORG_HOSTS } from './hosts.ts';
import { normalizeId } from './ids.ts';
import { ANY_ORG, type SalesforceSettings } from './settings.ts';

/** The address at which most people sign in. */
const LOGIN = `https://${LOGIN_HOSTS[0]}/`;

/**
 * Sign-in by redirect, which Salesforce calls the web server flow. It begins at the base URL: a
 * login host or a My Domain. The token tells the address of the organisation, which is the base URL
 * from then on. Source:
 * https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm
 */
export const signIn: OtherAuth<SalesforceSettings> = {
  key: 'sign-in',
  label: 'by signing in',
  kind: 'oauth2',
  secrets: [
    {
      name: 'clientId',
      label: 'Consumer key',
      help: 'The key of an application that allows the web server flow, with PKCE.',
      ofApp: true,
    },
    {
      name: 'clientSecret',
      label: 'Consumer secret',
      help: 'The secret of that application.',
      ofApp: true,
    },
  ],
  grant: {
    kind: 'refresh_token',
    client: 'client_secret_post',
    tokenUrl: (settings) => buildAddress(settings, 'token'),
    tokenHosts: [...LOGIN_HOSTS, ...ORG_HOSTS],
    authorize: {
      url: (settings) => buildAddress(settings, 'authorize'),
      hosts: [...LOGIN_HOSTS, ...ORG_HOSTS],
      scopes: () => ['api'],
      // Without it there is no refresh token, whatever else was granted.
      optionalScopes: () => ['refresh_token'],
    },
    readAccount,
    isTokenRejected,
  },
};

const buildAddress = ({ baseUrl }: SalesforceSettings, endpoint: string): string =>
  new URL(`services/oauth2/${endpoint}`, baseUrl === ANY_ORG ? LOGIN : baseUrl).href;

/** `id` is the address of the user: `https://login.salesforce.com/id/<organisation>/<user>`. */
function readAccount({ instance_url: root, id }: Readonly<Record<string, unknown>>): TokenAccount {
  const org = /\/id\/([a-zA-Z0-9]{15,18})\//.exec(typeof id === 'string' ? id : '')?.[1];
  return {
    ...(typeof root === 'string' && root !== '' && { baseUrl: withSlash(root) }),
    ...(org !== undefined && { id: normalizeId(org) }),
  };
}

const withSlash = (url: string): string => (url.endsWith('/') ? url : `${url}/`);
