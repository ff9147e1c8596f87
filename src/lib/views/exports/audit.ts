import { readAllAudit } from '../../identity/audit/scope.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { toLocalDay } from '../../platform/local-day.ts';
import { parseAuditFilter, type AuditFilter } from '../audit/filter.ts';
import { readAuditPage, type AuditRow, type AuditScope } from '../audit/queries.ts';
import { findScope } from '../audit/view.ts';
import { auditExport } from './audited.ts';
import { createCsvStream } from './csv.ts';
import type { ExportList, ExportRequest, ExportTenant, RowColumn } from './list.ts';
import { formatDisposition } from './respond.ts';
import type { Drained } from './stream.ts';

const text = (header: string, value: (row: AuditRow) => string | null): RowColumn<AuditRow> => ({
  header,
  width: 24,
  kind: 'text',
  value,
});
const toJson = (fields: AuditRow['before']) => (fields === null ? null : JSON.stringify(fields));

const columns: RowColumn<AuditRow>[] = [
  { header: 'Time', width: 18, kind: 'instant', value: (row) => row.at },
  text('Workspace', (row) => row.workspace),
  text('Who', (row) => row.actorName),
  text('Account', (row) => row.actorLabel),
  text('Kind', (row) => row.actorKind),
  text('Address', (row) => row.address),
  text('Browser', (row) => row.userAgent),
  text('Action', (row) => row.action),
  text('What', (row) => row.title),
  text('Target type', (row) => row.targetType),
  text('Target id', (row) => row.targetId),
  text('Target', (row) => row.targetLabel),
  text('Before', (row) => toJson(row.before)),
  text('After', (row) => toJson(row.after)),
  text('Request number', (row) => row.requestId),
  text('Event id', (row) => row.id),
];

/** Whose log is exported, and the transaction that may read it. */
interface Source {
  tenant: ExportTenant;
  scope: AuditScope;
  read: <T>(fn: (tx: Tx) => Promise<T>) => Promise<T>;
}

/** The number of events that are read and held at once. */
const batchSize = 1_000;

/** The CSV of all events of a workspace that a filter selects. Throws Problem `bad_request`. */
export function createAuditExport(
  { tenant }: { tenant: ExportTenant },
  params: URLSearchParams,
  drained: Drained | undefined,
): Promise<Response> {
  const source: Source = {
    tenant,
    scope: { tenantId: tenant.id, timeZone: tenant.timeZone },
    read: (fn) => readTenant(tenant.id, fn),
  };
  return respond(source, parseAuditFilter(params), params, drained);
}

/** As `createAuditExport`, of all workspaces: only for staff of the whole installation. */
export async function createInstallationAuditExport(
  params: URLSearchParams,
  drained: Drained | undefined,
): Promise<Response> {
  const filter = parseAuditFilter(params);
  const scope = await findScope(filter);
  const tenant = { id: '', slug: 'tributary', name: 'Tributary', timeZone: 'UTC', currency: '' };
  return respond({ tenant, scope, read: readAllAudit }, filter, params, drained);
}

async function respond(
  source: Source,
  filter: AuditFilter,
  params: URLSearchParams,
  drained: Drained = () => Promise.resolve(),
): Promise<Response> {
  const { tenant } = source;
  const list = createList(source, filter);
  const request: ExportRequest = { tenant, params, now: new Date() };
  const audited = auditExport(list, 'csv', tenant.id === '' ? null : tenant.id);
  const day = toLocalDay(tenant.timeZone, request.now);
  return new Response(await createCsvStream(audited, request, drained), {
    headers: {
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': formatDisposition(tenant, list, 'csv', day),
    },
  });
}

/**
 * Not `defineList`: events of several workspaces are read in another kind of transaction, and never
 * from a replica, which could miss the newest ones.
 */
function createList({ scope, read }: Source, filter: AuditFilter): ExportList {
  return {
    title: 'Audit log',
    columns: () => columns.map(({ header, width, kind }) => ({ header, width, kind })),
    scope: () => '',
    async *batches() {
      for (let cursor: string | null | undefined; cursor !== null;) {
        const at: string | undefined = cursor;
        const page = await read((tx) => readAuditPage(tx, scope, filter, at, batchSize));
        yield page.rows.map((row) => columns.map(({ value }) => value(row)));
        cursor = page.next;
      }
    },
  };
}
