import { z } from 'zod';
import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { planQuery, type Plan } from './evaluate.ts';
import { notFound, Refusal } from './errors.ts';
import { findRows } from './query.ts';
import type { Org, QueryJob } from './org.ts';
import { parseQuery } from './soql.ts';
import { toCsv } from './wire.ts';

const DAY = 86_400_000;
/** Results are kept for so long. */
const KEPT_DAYS = 7;
const DEFAULT_RECORDS = 50_000;

const creation = z.strictObject({
  operation: z.enum(['query', 'queryAll']),
  query: z.string(),
  contentType: z.literal('CSV').default('CSV'),
  columnDelimiter: z.literal('COMMA').default('COMMA'),
  lineEnding: z.literal('LF').default('LF'),
});

const invalidJob = (message: string) => new Refusal(400, 'INVALIDJOB', message);

/** POST jobs/query. */
export function createJob(org: Org, request: SandboxRequest): Reply {
  const { daily = 10_000, allowed = true } = org.spec.jobs ?? {};
  if (!allowed)
    throw new Refusal(403, 'FUNCTIONALITY_NOT_ENABLED', 'Bulk API is not enabled for this user.');
  if (!String(request.headers['content-type']).startsWith('application/json'))
    throw invalidJob('The content type has to be application/json');
  const given = creation.safeParse(tryParse(request.body));
  if (!given.success) throw invalidJob(`InvalidJob : ${given.error.issues[0]?.message ?? ''}`);
  const today = [...org.jobs.values()].filter(({ createdAt }) => createdAt > org.now() - DAY);
  if (today.length >= daily)
    throw new Refusal(
      400,
      'LIMIT_EXCEEDED',
      `Max bulk v2 query jobs (${daily}) per 24 hrs has been reached (${daily})`,
    );
  const { operation, query } = given.data;
  const plan = planJob(org, query);
  const job: QueryJob = {
    id: `750${org.freshId('Lead').slice(3)}`,
    plan,
    operation,
    rows: findRows(org, plan, operation === 'queryAll'),
    createdAt: org.now(),
    looks: 0,
  };
  org.jobs.set(job.id, job);
  return json(describeJob(org, job, 'UploadComplete'));
}

function tryParse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Jobs neither list children nor count, and know no compound fields. */
function planJob(org: Org, text: string): Plan {
  const plan = planQuery(org.catalogue, parseQuery(text));
  const { select, children } = plan.query;
  const isCompound = select.some((path) =>
    plan.object.fields.some(({ name, type }) => name === path && type === 'address'),
  );
  if (children.length > 0 || select.length === 0 || isCompound)
    throw new Refusal(
      400,
      'API_ERROR',
      'Selecting compound data, children or aggregates is not supported in Bulk Query',
    );
  return plan;
}

const describeJob = ({ userId, version }: Org, job: QueryJob, state: string) => ({
  id: job.id,
  operation: job.operation,
  object: job.plan.object.name,
  createdById: userId,
  createdDate: new Date(job.createdAt).toISOString().replace('Z', '+0000'),
  systemModstamp: new Date(job.createdAt).toISOString().replace('Z', '+0000'),
  state,
  concurrencyMode: 'Parallel',
  contentType: 'CSV',
  apiVersion: Number(version.slice(1)),
  jobType: 'V2Query',
  lineEnding: 'LF',
  columnDelimiter: 'COMMA',
  retries: 0,
  totalProcessingTime: job.looks,
  ...(state === 'JobComplete' && { numberRecordsProcessed: job.rows.length }),
  ...(state === 'Failed' && { errorMessage: 'The query failed after 15 retries.' }),
});

function findJob(org: Org, { params }: SandboxRequest): QueryJob {
  const job = org.jobs.get(params.job ?? '');
  if (job === undefined || org.now() - job.createdAt > KEPT_DAYS * DAY) throw notFound();
  return job;
}

/** GET jobs/query/{id}: each look brings a job further. */
export function readJob(org: Org, request: SandboxRequest): Reply {
  const job = findJob(org, request);
  job.looks += 1;
  return json(describeJob(org, job, findState(org, job)));
}

function findState({ spec: { jobs = {} } }: Org, { looks }: QueryJob): string {
  const { looks: needed = 2, ends = 'JobComplete' } = jobs;
  if (looks >= needed) return ends;
  return looks <= 1 ? 'UploadComplete' : 'InProgress';
}

/** GET jobs/query/{id}/results. */
export function readResults(org: Org, request: SandboxRequest): Reply {
  const job = findJob(org, request);
  if (findState(org, job) !== 'JobComplete')
    throw new Refusal(400, 'INVALIDJOBSTATE', 'The job is not complete');
  if (!/text\/csv|\*\/\*/.test(String(request.headers.accept)))
    throw new Refusal(406, 'NOT_ACCEPTABLE', 'Results are CSV');
  const from = readOffset(request);
  const records = readCount(request);
  const page = job.rows.slice(from, from + records);
  const until = from + page.length;
  const isLast = !request.endless && until >= job.rows.length;
  return {
    status: 200,
    headers: {
      'content-type': 'text/csv;charset=UTF-8',
      'sforce-locator': isLast ? 'null' : toLocator(until),
      'sforce-numberofrecords': String(page.length),
    },
    // A list of nothing has no header either.
    body: page.length === 0 ? '' : toCsv(org, job.plan, page),
  };
}

const toLocator = (offset: number): string => Buffer.from(`~${offset}`).toString('base64url');

function readOffset({ query }: SandboxRequest): number {
  const given = query.get('locator');
  if (given === null) return 0;
  const offset = /^~(\d+)$/.exec(Buffer.from(given, 'base64url').toString())?.[1];
  if (offset === undefined) throw new Refusal(400, 'INVALIDLOCATOR', 'The locator is not valid');
  return Number(offset);
}

function readCount({ query }: SandboxRequest): number {
  const given = query.get('maxRecords') ?? String(DEFAULT_RECORDS);
  if (!/^[1-9]\d*$/.test(given))
    throw new Refusal(400, 'INVALIDARGUMENT', 'maxRecords has to be a positive number');
  return Number(given);
}
