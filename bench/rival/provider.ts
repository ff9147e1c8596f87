import { z } from 'zod';
import type { MappingSchema } from '#lib/conversion/schema/shape.ts';
import { defineProvider } from '#lib/connectors/contract/provider.ts';
import {
  defineStream,
  RecordRejected,
  type Page,
  type ReadContext,
} from '#lib/connectors/contract/source.ts';
import { firstOf, line, lineOr, prose } from '#lib/connectors/kit/mapping.ts';
import { type Limits } from '#lib/connectors/contract/limits.ts';

/** Stripe as a provider of ours, as far as the benchmark needs it. It is in no registry. */

const settings = z.strictObject({ baseUrl: z.url() });
type Settings = z.output<typeof settings>;

const list = z.object({ data: z.array(z.unknown()), has_more: z.boolean() });
const identified = z.object({ id: z.string() });
const qualifying = ['Qualified', 'Proposal', 'Customer'];
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
  interpret: (item) => ({ keys: { externalId: readId(item) } }),
  mapping: customerMapping,
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

function readId(item: unknown): string {
  const { data } = identified.safeParse(item);
  if (data === undefined) throw new RecordRejected('The customer arrived without an id.', 'id');
  return data.id;
}

function customerMapping(): MappingSchema {
  return [
    firstOf('sourceCreatedAt', 'created', [{ fn: 'date-parse', args: { format: 'seconds' } }]),
    lineOr('name', ['name', 'email'], 'Unnamed lead'),
    line('company', 'metadata.company'),
    line('email', 'email'),
    line('phone', 'phone'),
    line('city', 'address.city'),
    line('state', 'address.state'),
    line('source', 'metadata.source'),
    lineOr('status', 'metadata.stage', 'New Lead'),
    {
      target: 'qualified',
      sources: ['metadata.stage'],
      steps: [
        {
          fn: 'conditional',
          args: {
            is: 'one-of',
            value: qualifying,
            whenTrue: [{ fn: 'constant', args: { value: true } }],
            whenFalse: [{ fn: 'constant', args: { value: false } }],
          },
        },
      ],
    },
    firstOf('dealValue', 'metadata.deal', [{ fn: 'money' }]),
    line('assignedTo', 'metadata.owner'),
    prose('summary', 'description'),
  ];
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
