import { z } from 'zod';
import { rootUrl } from '../kit/settings.ts';

/** A placeholder: each organisation has its own address, so there is no useful default. */
export const ANY_ORG = 'https://your-domain.my.salesforce.com/';

/**
 * Settings of a Salesforce connection. Each one has a default; a token needs the organisation's own
 * address.
 */
export const salesforceSettings = z.strictObject({
  /** The organisation's My Domain, without a path. */
  baseUrl: z.preprocess(toMyDomain, rootUrl(ANY_ORG)),
  /** Rows per request. Salesforce allows 200 to 2,000 and may send fewer. */
  pageSize: z.coerce.number().int().min(200).max(2_000).default(1_000),
  /** From how many rows on a complete pass uses a job of Bulk API 2.0. */
  bulkAbove: z.coerce.number().int().min(0).default(50_000),
  /** Rows per request of such a job. A page must stay below 16 MiB. */
  bulkPageSize: z.coerce.number().int().min(1).max(50_000).default(5_000),
  /** Milliseconds between two looks at such a job. */
  bulkPollMs: z.coerce.number().int().min(10).max(60_000).default(5_000),
});
export type SalesforceSettings = z.output<typeof salesforceSettings>;

/**
 * The My Domain in what people paste: the address of a page in the browser, which has a host of its
 * own (acme.lightning.force.com, acme.my.salesforce-setup.com), or a host alone. Anything else is
 * left for the next check. Source:
 * https://help.salesforce.com/s/articleView?id=xcloud.domain_name_url_formats.htm
 */
function toMyDomain(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  const trimmed = given.trim();
  const url = URL.parse(/^[\w-]+(\.[\w-]+)+(\/|$)/.test(trimmed) ? `https://${trimmed}` : trimmed);
  if (url === null || !PAGE_HOST.test(url.hostname)) return trimmed;
  return `https://${url.hostname.replace(PAGE_HOST, '.my.salesforce.com')}/`;
}

/** Ends of the hosts under which Salesforce shows its pages, and of the My Domain itself. */
const PAGE_HOST = /\.(?:lightning\.force\.com|my\.salesforce-setup\.com|my\.salesforce\.com)$/i;
