import { RemoteError } from '../../platform/http/errors.ts';
import { sleepFor } from '../../platform/http/retry.ts';
import type { HttpRequest, HttpResponse } from '../../platform/http/types.ts';
import type { Page } from '../contract/source.ts';
import { parseAllRows, parseJob, selectKept, type Job } from './body.ts';
import type { SalesforceObject } from './describe.ts';
import { toCursor, toJobQuery, toToken, type Position } from './position.ts';
import { buildUrl, send, type Context } from './request.ts';

/*
 * Query jobs of Bulk API 2.0, which list everything of a large object in few requests. Sources:
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/queries.htm and
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/query_get_job_results.htm
 */

const JOBS = 'jobs/query';

type JobPosition = Position & { job: NonNullable<Position['job']> };

/** Salesforce does not take the job, gave it up, or no longer has it. */
export class JobRefusedError extends RemoteError {}

/**
 * Lists everything by a job. Its first page is the job itself, so that a pass that is interrupted
 * goes on with the same job; rows come with the pages behind it. Throws JobRefusedError when the
 * rows have to be listed in another way.
 */
export async function* readByJob(
  object: SalesforceObject,
  context: Context,
  begun: Position,
): AsyncGenerator<Page> {
  let position = begun;
  if (position.job === null) {
    const response = await createJob(object, context, position);
    position = { ...position, job: { id: parseJob(response.body).id, locator: null } };
    yield { response, items: [], cursor: toCursor(position), last: false };
  }
  if (hasJob(position)) yield* readResults(object, context, position);
}

const hasJob = (position: Position): position is JobPosition => position.job !== null;

/** A job only reads, so asking for it twice does no harm. */
function createJob(
  object: SalesforceObject,
  context: Context,
  position: Position,
): Promise<HttpResponse> {
  return requestJob(context, {
    method: 'POST',
    effect: 'none',
    url: buildUrl(context.settings, JOBS),
    json: { operation: 'queryAll', query: toJobQuery(object, position) },
  });
}

const jobUrl = ({ settings }: Context, id: string, part = ''): string =>
  buildUrl(settings, `${JOBS}/${encodeURIComponent(id)}${part}`);

async function* readResults(
  object: SalesforceObject,
  context: Context,
  begun: JobPosition,
): AsyncGenerator<Page> {
  const { state, response: stateResponse } = await waitForJob(context, begun.job.id);
  let position = begun;
  for (;;) {
    const results = await fetchResults(context, position.job);
    const locator = readLocator(results);
    const rows = readResultRows(object, results);
    // Without rows there is no header either, so the state of the job stands in for the page.
    const response = results.body.trim() === '' ? stateResponse : results;
    const content = {
      response,
      items: selectKept(object, rows),
      ...(object.keeps === undefined && toTotal(state)),
    };
    if (locator === null) {
      yield { ...content, cursor: null, last: true, token: toToken(object, context, position) };
      return;
    }
    if (locator === position.job.locator) throw new RemoteError('malformed', SAME_TWICE);
    position = { ...position, job: { ...position.job, locator } };
    yield { ...content, cursor: toCursor(position), last: false };
  }
}

const SAME_TWICE = 'Salesforce sent the same results of a job twice.';

const toTotal = ({ numberRecordsProcessed: total }: Job) =>
  total === undefined ? {} : { expectedTotal: total };

/** Waits grow up to this multiple of the first one. */
const LONGEST_WAIT = 3;
/** About a quarter of an hour at five seconds each; a job that takes longer goes on without us. */
const MOST_LOOKS = 70;
const LATER_MS = 5 * 60_000;

async function waitForJob(
  context: Context,
  id: string,
): Promise<{ state: Job; response: HttpResponse }> {
  for (let looks = 1; ; looks += 1) {
    const response = await requestJob(context, { url: jobUrl(context, id) });
    const state = parseJob(response.body);
    if (state.state === 'JobComplete') return { state, response };
    if (['Failed', 'Aborted'].includes(state.state))
      throw new JobRefusedError('transient', JOB_FAILED);
    if (looks >= MOST_LOOKS)
      throw new RemoteError('transient', JOB_TAKES_LONG, {
        until: new Date(response.receivedAt.getTime() + LATER_MS),
      });
    await sleepFor(context.settings.bulkPollMs * Math.min(looks, LONGEST_WAIT));
  }
}

const JOB_FAILED = 'Salesforce gave up the job that lists all records.';
const JOB_TAKES_LONG =
  'Salesforce is still preparing the list of all records. We will look again automatically.';

/**
 * Sends one request about a job. A refusal of whatever kind is about the job: it is not allowed,
 * there are too many in a day (10,000), or it ended more than seven days ago.
 */
async function requestJob(context: Context, request: HttpRequest): Promise<HttpResponse> {
  try {
    return await send(context, request);
  } catch (error) {
    if (!(error instanceof RemoteError) || error.status === undefined || error.status < 400)
      throw error;
    if (['auth', 'rate_limited', 'transient'].includes(error.kind)) throw error;
    throw new JobRefusedError(error.kind, error.message, { status: error.status, cause: error });
  }
}

/** The smallest number of rows that is asked for when a page turns out too large. */
const FEWEST_ROWS = 100;

/** Fewer rows are asked for when a page is larger than a response may be. */
async function fetchResults(
  context: Context,
  job: JobPosition['job'],
  maxRecords = context.settings.bulkPageSize,
): Promise<HttpResponse> {
  const query = { maxRecords, ...(job.locator !== null && { locator: job.locator }) };
  try {
    const url = jobUrl(context, job.id, '/results');
    return await requestJob(context, { url, query, headers: { accept: 'text/csv' } });
  } catch (error) {
    const isTooLarge =
      error instanceof RemoteError && error.kind === 'malformed' && error.status === undefined;
    if (!isTooLarge || maxRecords <= FEWEST_ROWS) throw error;
    return fetchResults(context, job, Math.ceil(maxRecords / 2));
  }
}

/** The header is the word null on the last page. */
function readLocator({ headers }: HttpResponse): string | null {
  const locator = (headers['sforce-locator'] ?? '').trim();
  return locator === '' || locator === 'null' ? null : locator;
}

/**
 * The rows of a page of results. Where CSV is cut off it may end within a value, or look whole, so
 * the rows are compared with the number in the header.
 */
function readResultRows(object: SalesforceObject, response: HttpResponse): unknown[] {
  const { body, headers, status } = response;
  if (/^\s*</.test(body)) throw new RemoteError('transient', WEB_PAGE, { status });
  const rows = body.trim() === '' ? [] : tryParseRows(object, body);
  const count = headers['sforce-numberofrecords'];
  if (rows !== undefined && (count === undefined || Number(count) === rows.length)) return rows;
  throw new RemoteError('transient', CUT_OFF, { status });
}

function tryParseRows(object: SalesforceObject, body: string): unknown[] | undefined {
  try {
    return parseAllRows(object, body);
  } catch {
    return undefined;
  }
}

const WEB_PAGE =
  'Salesforce returned a web page instead of data, probably a maintenance page. We will try again ' +
  'automatically.';
const CUT_OFF =
  'Salesforce closed the connection before the results were complete. We will try again ' +
  'automatically.';
