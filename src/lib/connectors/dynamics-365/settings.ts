import { z } from 'zod';
import { entraSettings, rootUrl } from '../kit/settings.ts';

/** A placeholder: each environment has its own address, so there is no useful default. */
export const ANY_ENVIRONMENT = 'https://your-org.crm.dynamics.com/';

/**
 * Settings of a Dynamics 365 connection. Each one has a default; a token needs a `tenantId` and a
 * `clientId`.
 */
export const dynamicsSettings = z.strictObject({
  /** Root of the environment, without the path of the Web API. */
  baseUrl: rootUrl(ANY_ENVIRONMENT),
  ...entraSettings,
  /** The customer's directory at Microsoft: its id or one of its domains. */
  tenantId: z
    .string()
    .trim()
    .regex(/^[\w.-]{0,253}$/, 'is not a directory id or domain')
    .default(''),
  /** Rows per request. Dynamics 365 allows 5,000, but a page must stay below 16 MiB. */
  pageSize: z.coerce.number().int().min(1).max(5_000).default(500),
});
export type DynamicsSettings = z.output<typeof dynamicsSettings>;
