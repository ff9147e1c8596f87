import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { Client as HttpClient } from 'undici';
import { newId } from '../../src/lib/platform/id.ts';
import { serve } from '../kit/helper.ts';
import type { Account } from './account.ts';
import { measured, nothing, type SideJob, type SideResult } from './sides.ts';

/*
 * The limit: what somebody writes who needs only the rows. It asks for a page, copies rows into a
 * temporary table and merges them into a table of the shape and with the indexes of `leads`, while
 * the next pages are on their way. It keeps the raw item in the row, but no response, cursor,
 * search index, sum or counter, knows no tenants, and starts over when it was killed.
 */

/** Pages that wait while the server is busy are stored together, up to so many rows. */
const maxBatch = 2_500;
const columns = [
  'tenant_id',
  'id',
  'connection_id',
  'provider',
  'stream',
  'external_id',
  'content_hash',
  'raw_json',
  'snapshot_id',
  'first_seen_at',
  'changed_at',
  'source_created_at',
  'created_on',
  'name',
  'sort_name',
  'company',
  'email',
  'phone',
  'city',
  'state',
  'source',
  'status',
  'qualified',
  'deal_value',
  'sort_cents',
  'assigned_to',
  'summary',
  'domain',
].join(', ');
const changing = columns
  .split(', ')
  .filter((name) => !['tenant_id', 'id', 'first_seen_at'].includes(name))
  .map((name) => `${name} = excluded.${name}`);
const merge = `
  insert into by_hand.leads (${columns}) select ${columns} from incoming
  on conflict (tenant_id, connection_id, external_id, stream) do update set ${changing.join(', ')}
  where leads.content_hash <> excluded.content_hash`;
const noSnapshot = '00000000-0000-7000-8000-000000000000';
const qualifying = new Set(['Qualified', 'Proposal', 'Customer']);

interface Customer {
  id: string;
  created: number;
  name: string;
  email: string;
  phone: string;
  description: string;
  address: { city: string; state: string };
  metadata: { company: string; source: string; stage: string; owner: string; deal: string };
}

serve<SideJob, SideResult>(async ({ databaseUrl, account, migrate }) => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    if (migrate !== true) return await measured(() => load(client, account));
    await client.query(
      'create schema by_hand; create table by_hand.leads (like public.leads including all)',
    );
    return nothing;
  } finally {
    await client.end();
  }
});

async function load(client: pg.Client, account: Account): Promise<number> {
  await client.query(
    'create temp table incoming (like by_hand.leads including defaults) on commit delete rows',
  );
  let records = 0;
  let waiting: string[] = [];
  let storing: Promise<void> | undefined;
  const storeWaiting = async () => {
    await storing;
    const batch = waiting;
    waiting = [];
    storing = store(client, batch).finally(() => (storing = undefined));
  };
  for await (const page of readPages(account)) {
    records += page.length;
    for (const customer of page) waiting.push(toLine(customer, account));
    if (storing === undefined || waiting.length >= maxBatch) await storeWaiting();
  }
  await storeWaiting();
  await storing;
  return records;
}

async function* readPages({ baseUrl, key }: Account): AsyncGenerator<Customer[]> {
  const http = new HttpClient(baseUrl);
  const ask = async (after: string | undefined) => {
    const { body } = await http.request({
      method: 'GET',
      path: `/v1/customers?limit=100${after === undefined ? '' : `&starting_after=${after}`}`,
      headers: { authorization: `Bearer ${key}` },
    });
    return (await body.json()) as { data: Customer[]; has_more: boolean };
  };
  let asked: ReturnType<typeof ask> | undefined = ask(undefined);
  while (asked !== undefined) {
    const { data, has_more: more }: Awaited<ReturnType<typeof ask>> = await asked;
    asked = more ? ask(data.at(-1)?.id) : undefined;
    yield data;
  }
  await http.close();
}

async function store(client: pg.Client, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await client.query('begin');
  const copy = client.query(copyFrom(`copy incoming (${columns}) from stdin`));
  await pipeline(Readable.from([lines.join('')]), copy);
  await client.query(merge);
  await client.query('commit');
}

/** A row in the text format of COPY. */
function toLine(customer: Customer, { tenantId, connectionId }: Account): string {
  const { id, name, email, phone, description, address, metadata } = customer;
  const raw = JSON.stringify(customer);
  const created = new Date(customer.created * 1000).toISOString();
  const now = new Date().toISOString();
  const values = [
    tenantId,
    newId(),
    connectionId,
    'stripe-bench',
    'customers',
    id,
    createHash('sha256').update(raw).digest('base64'),
    raw,
    noSnapshot,
    now,
    now,
    created,
    created.slice(0, 10),
    name,
    name.toLowerCase(),
    metadata.company,
    email,
    phone,
    address.city,
    address.state,
    metadata.source,
    metadata.stage,
    String(qualifying.has(metadata.stage)),
    metadata.deal,
    String(Number(metadata.deal) * 100),
    metadata.owner,
    description,
    email.slice(email.indexOf('@') + 1),
  ];
  return `${values.map(escape).join('\t')}\n`;
}

const escape = (value: string) =>
  value
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t');
