import { z } from 'zod';
import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { HubSpotAccount } from './account.ts';
import { invalid } from './errors.ts';
import { readArchived } from './list.ts';
import { parseJson } from './search.ts';
import { toTime } from './store.ts';
import { wireLinks, wireRow } from './wire.ts';

const objectBatch = z.strictObject({
  inputs: z
    .array(z.strictObject({ id: z.string().min(1) }))
    .min(1)
    .max(100),
  properties: z.array(z.string()),
  propertiesWithHistory: z.array(z.string()).max(0, 'The sandbox keeps no history.'),
});
const linkBatch = z.strictObject({
  inputs: z
    .array(z.strictObject({ id: z.string().min(1), after: z.string().optional() }))
    .min(1)
    .max(1_000),
});

/** POST of ids: their rows in any order, and an error that names those that there are not. */
export function readBatch(account: HubSpotAccount, request: SandboxRequest): Reply {
  const spec = account.readable(request.params.type ?? '');
  const isArchived = readArchived(request.query.get('archived'));
  const { inputs, properties } = parse(objectBatch, request.body);
  const known = account.names(spec, properties);
  const found = inputs.flatMap(({ id }) => {
    const row = account.store.find(spec.type, id);
    return row !== undefined && (row.archivedAt !== null) === isArchived ? [row] : [];
  });
  const results = found.toReversed().map((row) => wireRow(account, spec, row, properties, known));
  const there = new Set(found.map(({ id }) => id));
  const missing = inputs.map(({ id }) => id).filter((id) => !there.has(id));
  return complete(account, results, missing, {
    category: 'OBJECT_NOT_FOUND',
    message:
      'Could not get some objects, they may be deleted or not exist. Check that ids are valid.',
  });
}

/** POST of ids: what each is associated with; those with nothing are in an error. */
export function readLinks(account: HubSpotAccount, request: SandboxRequest): Reply {
  const from = account.readable(request.params.from ?? '');
  const to = account.readable(request.params.to ?? '');
  const { inputs } = parse(linkBatch, request.body);
  const all = inputs.map(({ id }) => ({
    from: { id },
    to: wireLinks(account, { type: from.type, id }, to.type),
  }));
  const results = all.filter((each) => each.to.length > 0);
  const missing = all.filter((each) => each.to.length === 0).map((each) => each.from.id);
  return complete(account, results, missing, {
    category: 'OBJECT_NOT_FOUND',
    subCategory: 'crm.associations.NO_ASSOCIATIONS_FOUND',
    message: `No ${from.singular} to ${to.singular} associations were found for the given ids.`,
  });
}

function parse<T extends z.ZodType>(schema: T, body: string): z.output<T> {
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`Invalid input JSON: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
}

function complete(
  account: HubSpotAccount,
  results: readonly object[],
  missing: readonly string[],
  error: object,
): Reply {
  const at = toTime(account.now());
  const answer = { status: 'COMPLETE', results, startedAt: at, completedAt: at };
  if (missing.length === 0) return json(answer);
  const errors = [{ status: 'error', ...error, context: { ids: missing } }];
  return json({ ...answer, numErrors: 1, errors }, 207);
}
