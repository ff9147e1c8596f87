import { z } from 'zod';
import { rootUrl } from '../kit/settings.ts';

/** The same host serves all data centres. */
const DEFAULT_BASE_URL = 'https://api.hubapi.com/';

/** Lifecycle stages (`lifecyclestage`) by their internal names, which custom stages have, too. */
const lifecycleStages = (defaults: readonly string[]) =>
  z.array(z.string().trim().min(1)).default([...defaults]);

/** Settings of a HubSpot connection. Each one has a default. */
export const hubSpotSettings = z.strictObject({
  baseUrl: rootUrl(DEFAULT_BASE_URL),
  /** Where people sign in; HubSpot leads them on to the data centre of their account. */
  loginUrl: rootUrl('https://app.hubspot.com/'),
  /** Rows per list page; a search page has twice as many. HubSpot allows 100 and 200. */
  pageSize: z.coerce.number().int().min(1).max(100).default(100),
  /** Contacts in these stages are leads, and so is everybody who ever became one. */
  leadStages: lifecycleStages([
    'lead',
    'marketingqualifiedlead',
    'salesqualifiedlead',
    'opportunity',
  ]),
  /** Leads in these stages count as qualified. */
  qualifiedStages: lifecycleStages(['salesqualifiedlead', 'opportunity', 'customer', 'evangelist']),
});
export type HubSpotSettings = z.output<typeof hubSpotSettings>;
