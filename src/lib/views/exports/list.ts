import type { Tx } from '../../platform/db/pool.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';

/** The workspace that is exported. */
export interface ExportTenant {
  id: string;
  slug: string;
  name: string;
  timeZone: string;
  currency: string;
}

export interface ExportRequest {
  tenant: ExportTenant;
  /** The query of the page that shows the same rows. */
  params: URLSearchParams;
  now: Date;
}

/** What a cell holds; null stands for "not known". */
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
  /** What was asked for, in words: the period, or that it is filtered. */
  scope(request: ExportRequest): string;
  /** All rows in batches, in the order of the page. */
  batches(request: ExportRequest): AsyncGenerator<CellValue[][]>;
}

/**
 * The columns of a list, each with what it takes from a row. Amounts are in the tenant's currency.
 */
export type Columns<Row> = (
  tenant: ExportTenant,
) => (Column & { value: (row: Row) => CellValue })[];

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

/** Rows that are read and held at once. */
const batchSize = 1_000;

/** Makes the list of a page exportable: the same filter, the same query, all rows. */
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
 * All pages, each read in a transaction of its own: a slow reader must not hold one open, which
 * would keep the database from cleaning up. So each batch is one moment and the whole is not: a row
 * that a sync moves in the sort order meanwhile may come twice or not at all, and a new one may be
 * missing. The file tells as of when the data was.
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
