import { getTableColumns } from 'drizzle-orm';
import { to as copyTo } from 'pg-copy-streams';
import { getTenant } from '#lib/identity/tenancy/tenants.ts';
import { appRole, openDatabase } from '#lib/platform/db/pool.ts';
import { shownFields } from '#lib/records/fields.ts';
import { leadFields } from '#lib/records/lead.ts';
import { leads } from '#lib/schema/leads.ts';
import { exportLists } from '#lib/views/exports/lists.ts';
import { createExportResponse } from '#lib/views/exports/respond.ts';
import { useDatabase } from '../kit/environment.ts';
import { serve } from '../kit/helper.ts';
import type { Exported, Way } from './table.ts';

/*
 * One export of all leads, as a process of its own, so that its peak memory is that of the export.
 * Nobody waits for the bytes: they are counted and dropped.
 */

export interface ExportJob {
  databaseUrl: string;
  tenantId: string;
  way: Way;
}

serve<ExportJob, Exported>(async (job) => {
  await useDatabase(job.databaseUrl);
  // A web process has compiled what it runs long before.
  for (const way of ['csv', 'xlsx'] as const) await download(job, way, warmingUp);
  const idle = process.memoryUsage.rss();
  const startedAt = performance.now();
  const bytes = await (job.way === 'copy' ? copy(job) : download(job, job.way));
  const ms = performance.now() - startedAt;
  return { ms, bytes, idle, peak: process.resourceUsage().maxRSS * 1024 };
});

/** A source that a few leads in a hundred have. */
const warmingUp = 'source=Expo';

/** What the download of the page does, from the list to the last byte. */
async function download({ tenantId }: ExportJob, way: 'csv' | 'xlsx', query = ''): Promise<number> {
  const tenant = await getTenant(tenantId);
  const list = exportLists.get('leads');
  if (list === undefined) throw new Error('There is nothing to export');
  const request = { tenant, params: new URLSearchParams(query), now: new Date() };
  const response = await createExportResponse(list, way, request, () => Promise.resolve());
  return count(response.body ?? []);
}

/** The same columns in the same order, written by the server, with the rights of the web. */
async function copy({ databaseUrl, tenantId }: ExportJob): Promise<number> {
  const { pool, close } = openDatabase({ url: databaseUrl, size: 1, role: appRole });
  const client = await pool.connect();
  try {
    await client.query(`begin; set local app.tenant_id = '${tenantId}'`);
    return await count(client.query(copyTo(statement(tenantId))));
  } finally {
    client.release(true);
    await close();
  }
}

function statement(tenantId: string): string {
  const columns: Record<string, { name: string }> = getTableColumns(leads);
  const names = shownFields(leadFields, 'list').flatMap(({ key, field }) =>
    field.export === undefined ? [] : `"${columns[key]?.name}"`,
  );
  return `copy (select ${names.join(', ')} from leads
    where tenant_id = '${tenantId}' and deleted_at is null and mirror_of is null
    order by (case when source_created_at is null then '-infinity'::timestamptz
      else source_created_at end) desc, id desc) to stdout (format csv, header)`;
}

async function count(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.byteLength;
  return bytes;
}
