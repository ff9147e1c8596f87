import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { planQuery, type Plan } from './evaluate.ts';
import { malformedQuery, Refusal } from './errors.ts';
import { idFrom } from './ids.ts';
import type { Locator, Org } from './org.ts';
import { parseQuery } from './soql.ts';
import type { Row } from './store.ts';
import { toWire } from './wire.ts';

const DEFAULT_ROWS = 2_000;
/** So many lists of one user may be open at once; the oldest is closed. */
const MOST_LOCATORS = 10;
const HOUR = 3_600_000;
/** Unconfirmed: how long locators hold. */
const LOCATOR_HOURS = 48;
/** A query that sorts more rows of a slow object times out. */
const SLOW_ROWS = 200;

/** GET query and GET queryAll. */
export function query(org: Org, request: SandboxRequest, { all }: { all: boolean }): Reply {
  const text = request.query.get('q');
  if (text === null || text.trim() === '')
    throw malformedQuery('A query string has to be specified');
  const plan = planQuery(org.catalogue, parseQuery(text));
  const rows = findRows(org, plan, all);
  if (plan.query.select.length === 0)
    return json({ totalSize: rows.length, done: true, records: [] });
  const isSlow = org.spec.slow?.includes(plan.object.name) === true;
  if (isSlow && plan.query.order.length > 0 && rows.length > SLOW_ROWS)
    throw new Refusal(400, 'QUERY_TIMEOUT', 'Your query request was running for too long.');
  const locator = {
    plan,
    rows,
    token: String(request.headers.authorization),
    madeAt: org.now(),
    pageRows: readPageRows(org, request),
  };
  return toPage(org, `01g${idFrom('Lead', 'locator', org.now(), text).slice(3)}`, locator, {
    from: 0,
    endless: request.endless,
  });
}

/** The rows that a query finds; deleted ones only when all are asked for. */
export function findRows(
  org: Org,
  { query: { limit }, object, test, compare }: Plan,
  all: boolean,
) {
  const found = org.store
    .rows(object.name, org.now())
    .filter((row) => (all || row.IsDeleted !== true) && test(row))
    .toSorted(compare);
  return limit === null ? found : found.slice(0, limit);
}

/** GET of the next records of a list. */
export function queryMore(org: Org, request: SandboxRequest): Reply {
  const [, id = '', from = ''] = /^(01g\w+)-(\d+)$/.exec(request.params.locator ?? '') ?? [];
  const locator = org.locators.get(id);
  const hours = org.spec.locatorHours ?? LOCATOR_HOURS;
  const isOver = locator === undefined || org.now() - locator.madeAt > hours * HOUR;
  // A locator belongs to the login that made it.
  if (isOver || locator.token !== String(request.headers.authorization))
    throw new Refusal(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator');
  readPageRows(org, request);
  return toPage(org, id, locator, { from: Number(from), endless: request.endless });
}

function toPage(
  org: Org,
  id: string,
  locator: Locator,
  { from, endless }: { from: number; endless: boolean },
): Reply {
  const { plan, rows, pageRows } = locator;
  const page: Row[] = rows.slice(from, from + pageRows);
  const until = from + pageRows;
  const done = !endless && until >= rows.length;
  if (!done) keepLocator(org, id, locator);
  return json({
    totalSize: rows.length,
    done,
    ...(!done && { nextRecordsUrl: `/services/data/${org.version}/query/${id}-${until}` }),
    records: page.map((row) => toWire(org, plan, row)),
  });
}

function keepLocator({ locators }: Org, id: string, locator: Locator): void {
  locators.delete(id);
  locators.set(id, locator);
  const [oldest] = locators.keys();
  if (locators.size > MOST_LOCATORS && oldest !== undefined) locators.delete(oldest);
}

/** `batchSize` is a hint within limits: pages may be shorter. */
function readPageRows({ spec }: Org, { headers }: SandboxRequest): number {
  const given = headers['sforce-query-options'];
  const most = spec.pageRows ?? DEFAULT_ROWS;
  if (given === undefined) return most;
  const size = /^batchSize=(\d+)$/.exec(String(given))?.[1];
  if (size === undefined || Number(size) < 200 || Number(size) > DEFAULT_ROWS)
    throw new Refusal(
      400,
      'INVALID_ARGUMENT',
      'Sforce-Query-Options: batchSize must be from 200 to 2000',
    );
  return Math.min(Number(size), most);
}
