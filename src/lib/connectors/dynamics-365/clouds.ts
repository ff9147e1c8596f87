import { isAllowedHost } from '../../platform/http/guard.ts';

/**
 * The hosts of environments outside the global cloud, and where tokens for them come from: China;
 * United States, GCC High and Department of Defense. The scope is made alike everywhere. Sources:
 * https://learn.microsoft.com/en-us/power-apps/developer/data-platform/webapi/discover-url-organization-web-api
 * and https://learn.microsoft.com/en-us/entra/identity-platform/authentication-national-cloud
 */
export const sovereignLogins: Readonly<Record<string, string>> = {
  '*.dynamics.cn': 'https://login.partner.microsoftonline.cn/',
  '*.microsoftdynamics.us': 'https://login.microsoftonline.us/',
  '*.appsplatform.us': 'https://login.microsoftonline.us/',
};

export const globalLogin = 'https://login.microsoftonline.com/';

/** Hosts of token endpoints. The last one is the former name of the one in China. */
export const loginHosts = [
  ...new Set([globalLogin, ...Object.values(sovereignLogins)].map((url) => new URL(url).hostname)),
  'login.chinacloudapi.cn',
];

/** Where tokens for an environment come from. */
export function findLogin(baseUrl: string): string {
  const { hostname } = new URL(baseUrl);
  const [, login = globalLogin] =
    Object.entries(sovereignLogins).find(([pattern]) => isAllowedHost(hostname, [pattern])) ?? [];
  return login;
}

/**
 * An address of an environment under the name at which people open it: the Web API is also reached
 * at a name with `.api` in it, such as org.api.crm4.dynamics.com.
 */
export const toPageRoot = (url: string): string =>
  url.replace(/^(https:\/\/[\w-]+)\.api\.(?=crm\d*\.)/i, '$1.');
