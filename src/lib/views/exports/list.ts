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
  /** Counts the rows up to `max`, for a list that can have more than a file holds. */
  count?(request: ExportRequest, max: number): Promise<number>;
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
  count?(tx: Tx, request: ExportRequest, filter: Filter, max: number): Promise<number>;
  page(
    tx: Tx,
    request: ExportRequest,
    filter: Filter,
    cursor: string | undefined,
    size: number,
  ): Promise<Page<Row>>;
}

/**
 * The number of rows that are read at once. Half of it costs a tenth more for each row, the double
 * saves nothing.
 */
const batchSize = 2_000;

/** Makes the list of a page exportable: with the same filter and the same query, but all rows. */
export function defineList<Row, Filter>({
  title,
  columns,
  filter,
  scope,
  count,
  page,
}: Definition<Row, Filter>): ExportList {
  return {
    title,
    columns: (tenant) =>
      columns(tenant).map(({ header, width, kind }) => ({ header, width, kind })),
    scope: (request) => scope?.(filter(request)) ?? '',
    ...(count && {
      count: (request, max) =>
        readTenant(request.tenant.id, (tx) => count(tx, request, filter(request), max), {
          mayLag: true,
        }),
    }),
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
 *
 * The database reads the next page while the caller works with the present one: two pages are in
 * memory, however slowly the client reads.
 */
async function* readPages<Row>(
  tenantId: string,
  read: (tx: Tx, cursor: string | undefined) => Promise<Page<Row>>,
): AsyncGenerator<Row[]> {
  const begin = (cursor: string | undefined) => {
    const page = readTenant(tenantId, (tx) => read(tx, cursor), { mayLag: true });
    // It may fail while nobody waits for it yet; whoever takes it is told.
    page.catch(() => {});
    return page;
  };
  let ahead: Promise<Page<Row>> | undefined = begin(undefined);
  try {
    while (ahead !== undefined) {
      const { rows, next }: Page<Row> = await ahead;
      ahead = next === null ? undefined : begin(next);
      yield rows;
    }
  } finally {
    // A statement under way ends before the export does.
    await ahead?.catch(() => {});
  }
}
