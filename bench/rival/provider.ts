import { z } from 'zod';
import type { LeadRecord } from '#lib/records/lead.ts';
import { defineProvider } from '#lib/connectors/contract/provider.ts';
import { defineStream, type Page, type ReadContext } from '#lib/connectors/contract/source.ts';
import { type Limits } from '#lib/connectors/contract/limits.ts';

/** Stripe as a provider of ours, as far as the benchmark needs it. It is in no registry. */

const settings = z.strictObject({ baseUrl: z.url() });
type Settings = z.output<typeof settings>;

const list = z.object({ data: z.array(z.unknown()), has_more: z.boolean() });
const identified = z.object({ id: z.string() });
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const customer = z.object({
  id: z.string(),
  created: z.number(),
  name: text,
  email: text,
  phone: text,
  description: text,
  address: z.object({ city: text, state: text }).nullish(),
  metadata: z
    .object({ company: text, source: text, stage: text, owner: text, deal: text })
    .partial(),
});

const qualifying = new Set(['Qualified', 'Proposal', 'Customer']);
export const pageSize = 100;

const customers = defineStream<Settings, 'lead'>({
  name: 'customers',
  label: 'Customers',
  entity: 'lead',
  listing: { kind: 'complete' },
  async *read(context, cursor) {
    for (let after = typeof cursor === 'string' ? cursor : undefined, last = false; !last;) {
      const page = await ask(context, after);
      ({ last } = page);
      after = typeof page.cursor === 'string' ? page.cursor : undefined;
      yield page;
    }
  },
  parse: (body) => list.parse(JSON.parse(body)).data,
  identify: (item) => identified.safeParse(item).data?.id,
  map: mapCustomer,
});

/** The cursor is the id of the last customer of a page. */
async function ask(
  { http, settings: { baseUrl }, secrets }: ReadContext<Settings>,
  after: string | undefined,
): Promise<Page> {
  const headers = { authorization: `Bearer ${secrets['key'] ?? ''}` };
  const response = await http.request({
    url: new URL('v1/customers', baseUrl).href,
    query: { limit: pageSize, starting_after: after },
    headers,
  });
  const { data, has_more: more } = list.parse(JSON.parse(response.body));
  const end = identified.safeParse(data.at(-1)).data;
  return { response: response, items: data, cursor: more ? (end?.id ?? null) : null, last: !more };
}

function mapCustomer(item: unknown): LeadRecord {
  const { id, created, name, email, phone, description, address, metadata } = customer.parse(item);
  const stage = metadata.stage ?? 'New Lead';
  return {
    externalId: id,
    sourceCreatedAt: new Date(created * 1000),
    sourceUpdatedAt: null,
    name: name ?? email ?? 'Unnamed lead',
    company: metadata.company ?? null,
    email,
    phone,
    city: address?.city ?? null,
    state: address?.state ?? null,
    source: metadata.source ?? null,
    status: stage,
    qualified: qualifying.has(stage),
    dealValue: metadata.deal ?? null,
    assignedTo: metadata.owner ?? null,
    summary: description,
  };
}

/** The provider with a rate limit that it declares, or none. */
export const stripeProvider = (limits: Pick<Limits, 'windows'> = {}) =>
  defineProvider<Settings>({
    key: 'stripe-bench',
    label: 'Stripe',
    category: 'crm',
    auth: { kind: 'keys', secrets: [{ name: 'key', label: 'Secret key', help: '' }] },
    settings,
    hosts: ['api.stripe.com'],
    limits: { concurrency: 4, timeoutMs: 30_000, ...limits },
    streams: [customers],
    check: async () => {},
  });
