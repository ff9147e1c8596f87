import type { Tx } from '../../platform/db/pool.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';

export interface ExportTenant {
  id: string;
  slug: string;
  name: string;
  timeZone: string;
  currency: string;
}

export interface ExportRequest {
  tenant: ExportTenant;
  /** The query string of the page that shows the same rows. */
  params: URLSearchParams;
  now: Date;
}

/** The value of a cell; null means unknown. */
export type CellValue = string | number | Date | boolean | null;

export interface Column {
  header: string;
  /** Width in characters, for spreadsheets. */
  width: number;
  kind: 'text' | 'number' | 'money' | 'instant' | 'flag';
}

export interface ExportList {
  title: string;
  columns(tenant: ExportTenant): Column[];
  /** Describes the selected rows, such as the period; empty when there is nothing to say. */
  scope(request: ExportRequest): string;
  /** Yields all rows in batches, in the order of the page. */
  batches(request: ExportRequest): AsyncGenerator<CellValue[][]>;
}

/** A column with the function that reads its value from a row. */
export interface RowColumn<Row> extends Column {
  value: (row: Row) => CellValue;
}

/** The columns of a list. The heading of an amount in the tenant's currency names the currency. */
export type Columns<Row> = (tenant: ExportTenant) => RowColumn<Row>[];

interface Page<Row> {
  rows: Row[];
  next: string | null;
}

interface Definition<Row, Filter> {
  title: string;
  columns: Columns<Row>;
  filter(request: ExportRequest): Filter;
  scope?(filter: Filter): string;
  page(
    tx: Tx,
    request: ExportRequest,
    filter: Filter,
    cursor: string | undefined,
    size: number,
  ): Promise<Page<Row>>;
}

/** The number of rows that are read and held at once. */
const batchSize = 1_000;

/** Makes the list of a page exportable: with the same filter and the same query, but all rows. */
export function defineList<Row, Filter>({
  title,
  columns,
  filter,
  scope,
  page,
}: Definition<Row, Filter>): ExportList {
  return {
    title,
    columns: (tenant) =>
      columns(tenant).map(({ header, width, kind }) => ({ header, width, kind })),
    scope: (request) => scope?.(filter(request)) ?? '',
    async *batches(request) {
      const values = columns(request.tenant).map(({ value }) => value);
      const asked = filter(request);
      for await (const rows of readPages(request.tenant.id, (tx, cursor) =>
        page(tx, request, asked, cursor, batchSize),
      )) {
        yield rows.map((row) => values.map((value) => value(row)));
      }
    },
  };
}

/**
 * Reads all pages, each in its own transaction: a slow reader would otherwise keep one open and
 * prevent the database from cleaning up. So each batch is consistent but the export as a whole is
 * not: a row that a sync moves in the sort order meanwhile may appear twice or not at all, and a
 * new one may be missing. The file says as of when its data is.
 */
async function* readPages<Row>(
  tenantId: string,
  read: (tx: Tx, cursor: string | undefined) => Promise<Page<Row>>,
): AsyncGenerator<Row[]> {
  let cursor: string | undefined;
  do {
    const page = await readTenant(tenantId, (tx) => read(tx, cursor), { mayLag: true });
    yield page.rows;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}
