import { RemoteError } from '../../platform/http/errors.ts';
import { parseJson } from '../../platform/http/json.ts';
import type { CurrentItem, RecordState, WriteBack } from '../contract/actions.ts';
import { mapReferral } from './mapping.ts';
import { requestReferral } from './request.ts';
import type { PartnerCenterSettings } from './settings.ts';

const state = (status: string, substatus: string): RecordState => ({ status, substatus });
const ENDS = [state('Closed', 'Won'), state('Closed', 'Lost'), state('Closed', 'Declined')];
/**
 * Where a referral may go; that one has expired is said by Partner Center alone. Source:
 * https://github.com/MicrosoftDocs/partner-rest (referral resources)
 */
const NEXT: Record<string, RecordState[]> = {
  New: [
    state('Active', 'Accepted'),
    state('Closed', 'Declined'),
    state('Closed', 'Won'),
    state('Closed', 'Lost'),
  ],
  Active: ENDS,
  Closed: ENDS,
};

/**
 * Status and sub-status of referrals. By PATCH: a PUT with the very tag that was just read is
 * answered 412 (https://github.com/microsoft/Partner-Center-Referrals/issues/4). A success comes as
 * 200 with the referral or as 204.
 */
export const writeBack: WriteBack<PartnerCenterSettings> = {
  stream: 'referrals',
  next: (from) =>
    (NEXT[from['status'] ?? ''] ?? []).filter(
      (to) => to['status'] !== from['status'] || to['substatus'] !== from['substatus'],
    ),
  current,
  async read(context, externalId) {
    return current(parseItem((await requestReferral(context, externalId)).body));
  },
  body: (wanted) =>
    Object.entries(wanted).map(([name, value]) => ({ op: 'replace', path: `/${name}`, value })),
  send: (context, { externalId, wanted, tag }) =>
    requestReferral(context, externalId, {
      method: 'PATCH',
      json: writeBack.body(wanted),
      headers: { prefer: 'return=representation', ...(tag !== null && { 'if-match': tag }) },
    }),
};

function current(item: unknown): CurrentItem {
  const { status, substatus } = mapReferral(item);
  const tag: unknown =
    typeof item === 'object' && item !== null ? Reflect.get(item, 'eTag') : undefined;
  return { state: { status, substatus }, tag: typeof tag === 'string' && tag !== '' ? tag : null };
}

function parseItem(body: string): unknown {
  try {
    return parseJson(body);
  } catch {
    throw new RemoteError('malformed', 'Partner Center answered something that is not a referral.');
  }
}
