import type { OtherAuth, TokenAccount } from '../contract/auth.ts';
import { toObject } from '../kit/json.ts';
import type { HubSpotSettings } from './settings.ts';

/**
 * Version 1 of the token endpoint, which every public app uses; version 3 takes and gives the same.
 * It also documents the secrets as parameters of the address, where logs would show them, so they
 * are only in the body.
 */
const TOKEN_PATH = 'oauth/v1/token';

/** Without these no stream works. `oauth` is required of every app. */
const SCOPES = [
  'oauth',
  'crm.objects.contacts.read',
  'crm.objects.companies.read',
  'crm.objects.deals.read',
];
/** Names of owners, objects that many accounts do not have, and what only pushes need. */
const OPTIONAL_SCOPES = [
  'crm.objects.owners.read',
  'crm.objects.leads.read',
  'crm.objects.contacts.write',
];

/**
 * Sign-in with a public app. Access tokens hold for half an hour; the refresh token holds until the
 * app is uninstalled, and comes back with each response. Source:
 * https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/oauth
 */
export const signIn: OtherAuth<HubSpotSettings> = {
  key: 'oauth',
  label: 'by signing in',
  kind: 'oauth2',
  secrets: [
    {
      name: 'clientId',
      label: 'Client id',
      help: 'The client id of your public app, on its Auth page in the developer account.',
      ofApp: true,
    },
    {
      name: 'clientSecret',
      label: 'Client secret',
      help: 'The client secret of the same app.',
      ofApp: true,
    },
  ],
  grant: {
    kind: 'refresh_token',
    client: 'client_secret_post',
    tokenUrl: ({ baseUrl }) => new URL(TOKEN_PATH, baseUrl).href,
    tokenHosts: ['api.hubapi.com'],
    authorize: {
      url: ({ loginUrl }) => new URL('oauth/authorize', loginUrl).href,
      hosts: ['app.hubspot.com', 'app-eu1.hubspot.com'],
      scopes: () => SCOPES,
      optionalScopes: () => OPTIONAL_SCOPES,
      optionalScopeParameter: 'optional_scope',
    },
    readAccount,
    readRefusal,
  },
};

/** The account and its scopes, as responses of the token endpoint name them. */
function readAccount(answer: Readonly<Record<string, unknown>>): TokenAccount {
  const { hub_id: id, scopes } = answer;
  return {
    ...((typeof id === 'number' || typeof id === 'string') && { id: String(id) }),
    ...(Array.isArray(scopes) && {
      scopes: scopes.filter((scope: unknown) => typeof scope === 'string'),
    }),
  };
}

/** Refusals are in HubSpot's own form. What is wrong with the app is told apart from the rest. */
const CLIENT_REFUSALS = new Set(['BAD_CLIENT_ID', 'BAD_CLIENT_SECRET']);
const GRANT_REFUSALS = new Set(['BAD_REFRESH_TOKEN', 'BAD_AUTH_CODE', 'EXPIRED_AUTH_CODE']);

function readRefusal(body: unknown): string | undefined {
  const { status, category } = toObject(body);
  const codes = [String(status ?? ''), String(category ?? '')];
  if (codes.some((code) => CLIENT_REFUSALS.has(code))) return 'invalid_client';
  return codes.some((code) => GRANT_REFUSALS.has(code)) ? 'invalid_grant' : undefined;
}
