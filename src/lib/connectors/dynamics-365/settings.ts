import { z } from 'zod';
import { findLogin, globalLogin } from './clouds.ts';
import { entraSettings, rootUrl } from '../kit/settings.ts';

/** A placeholder: each environment has its own address, so there is no useful default. */
export const ANY_ENVIRONMENT = 'https://your-org.crm.dynamics.com/';

/**
 * Settings of a Dynamics 365 connection. Each one has a default; a token needs a `tenantId` and a
 * `clientId`.
 */
export const dynamicsSettings = z
  .strictObject({
    /** Root of the environment, without the path of the Web API. */
    baseUrl: z.preprocess(toEnvironmentUrl, rootUrl(ANY_ENVIRONMENT)),
    ...entraSettings,
    /** The customer's directory at Microsoft: its id or one of its domains. */
    tenantId: z
      .string()
      .trim()
      .regex(/^[\w.-]{0,253}$/, 'is not a directory id or domain')
      .default(''),
    /** Rows per request. Dynamics 365 allows 5,000, but a page must stay below 16 MiB. */
    pageSize: z.coerce.number().int().min(1).max(5_000).default(500),
  })
  .transform(withLoginOfCloud);
export type DynamicsSettings = z.output<typeof dynamicsSettings>;

/**
 * The address of an environment in what people paste: the endpoint that Power Apps shows
 * (https://org.api.crm4.dynamics.com/api/data/v9.2), the address of a page in the browser, or a host
 * alone. Anything else is left for the next check.
 */
function toEnvironmentUrl(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  const trimmed = given.trim();
  const url = /^[\w-]+(\.[\w-]+)+(\/|$)/.test(trimmed) ? `https://${trimmed}` : trimmed;
  return url.replace(SERVICE_PATH, '/');
}

const SERVICE_PATH =
  /(?<=^https?:\/\/[^?#]+)\/(api\/(data|discovery)|main\.aspx|apps|XRMServices)([/?#].*)?$/i;

/** Tokens for the national clouds come from hosts of their own, unless another one is given. */
function withLoginOfCloud<Settings extends { baseUrl: string; loginUrl: string }>(
  settings: Settings,
): Settings {
  return settings.loginUrl === globalLogin
    ? { ...settings, loginUrl: findLogin(settings.baseUrl) }
    : settings;
}
