import { z } from 'zod';
import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { PartnerAccount } from './account.ts';
import { failure } from './list.ts';

/** Of the paths that the documents allow, those that a test may want. */
const PATHS = [
  '/status',
  '/substatus',
  '/statusReason',
  '/externalReferenceId',
  '/salesStage',
  '/campaignId',
  '/referralProgram',
];
const SUBSTATUSES: Record<string, string[]> = {
  New: ['Pending', 'Received'],
  Active: ['Accepted'],
  Closed: ['Won', 'Lost', 'Declined', 'Expired'],
};
const NEXT: Record<string, string[]> = {
  New: ['New', 'Active', 'Closed'],
  Active: ['Active', 'Closed'],
  Closed: ['Closed'],
};
const operations = z
  .array(
    z.object({
      op: z.enum(['replace', 'add']),
      path: z.enum(PATHS as [string, ...string[]]),
      value: z.string(),
    }),
  )
  .min(1);

/** One referral, alone and without an envelope. */
export function readOne(partner: PartnerAccount, { params }: SandboxRequest, now: number): Reply {
  const found = partner.rows(now).find(({ id }) => id === params.id);
  return found === undefined
    ? failure(404, 'itemNotFound', 'There is no such referral.')
    : json({
        '@odata.context':
          'https://api.partner.microsoft.com/v1.0/engagments/referrals/$metadata#Referrals/$entity',
        ...found,
      });
}

/**
 * JSON Patch: 204, or the referral when `Prefer` asks for it. `If-Match` is optional and must fit.
 */
export function patch(partner: PartnerAccount, request: SandboxRequest, now: number): Reply {
  const found = partner.rows(now).find(({ id }) => id === request.params.id);
  if (found === undefined) return failure(404, 'itemNotFound', 'There is no such referral.');
  const match = request.headers['if-match'];
  if (match !== undefined && match !== '*' && match !== found['eTag']) return mismatch();
  const parsed = operations.safeParse(parse(request.body));
  if (!parsed.success)
    return failure(
      400,
      'invalidRequest',
      'The patch is not a list of operations on paths that may be changed.',
    );
  const changed = Object.fromEntries(parsed.data.map(({ path, value }) => [path.slice(1), value]));
  const [status, substatus] = [
    changed['status'] ?? String(found['status']),
    changed['substatus'] ?? String(found['substatus']),
  ];
  if (
    NEXT[String(found['status'])]?.includes(status) !== true ||
    SUBSTATUSES[status]?.includes(substatus) !== true
  )
    return failure(400, 'invalidRequest', 'The status cannot be changed in this way.');
  partner.write(found.id, changed, now);
  if (!String(request.headers['prefer']).includes('return=representation'))
    return { status: 204, body: '' };
  return readOne(partner, request, now);
}

/**
 * A PATCH with the known fault of PUT: no version matches, and only a change without one is taken.
 */
export function patchWithoutVersion(
  partner: PartnerAccount,
  request: SandboxRequest,
  now: number,
): Reply {
  return request.headers['if-match'] === undefined ? patch(partner, request, now) : mismatch();
}

/** The known fault: whatever tag is sent, even the one that was just read, does not match. */
export function put(_partner: PartnerAccount, request: SandboxRequest): Reply {
  return request.headers['if-match'] === undefined
    ? failure(400, 'invalidRequest', 'If-Match is required.')
    : mismatch();
}

function mismatch(): Reply {
  const message =
    'A precondition provided in the request (such as an if-match ' +
    "header) does not match the resource's current state.";
  return json(
    {
      error: {
        code: 'preconditionFailed',
        message,
        target: 'ETag',
        innerError: {
          code: '99918',
          message: 'One of the specified pre-condition is not met. Etag value did not Match',
          details: null,
        },
      },
    },
    412,
  );
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
