import { RemoteError } from '../../platform/http/errors.ts';
import { parseAmount } from '../../conversion/values/amount.ts';
import type { ChangeAction, CurrentItem, RecordState } from '../contract/actions.ts';
import { toObject, tryParseJson } from '../kit/json.ts';
import { readReferral, withDocumentedCase } from './item.ts';
import { requestReferral } from './request.ts';
import type { PartnerCenterSettings } from './settings.ts';
import { getOwn } from '../../platform/own.ts';

const state = (status: string, substatus: string): RecordState => ({ status, substatus });
const ENDS = [state('Closed', 'Won'), state('Closed', 'Lost'), state('Closed', 'Declined')];
/**
 * Allowed transitions by status. The status Expired is missing because only Partner Center itself
 * sets it. Source: https://github.com/MicrosoftDocs/partner-rest (referral resources)
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
 * Changes the status and sub-status of referrals. It uses PATCH because a PUT fails with 412 even
 * with the tag that was just read (https://github.com/microsoft/Partner-Center-Referrals/issues/4).
 * A successful response is 200 with the referral, or 204.
 */
export const changeStatus: ChangeAction<PartnerCenterSettings> = {
  kind: 'change',
  key: 'status',
  label: 'Change the status',
  stream: 'referrals',
  next: (from) =>
    (getOwn(NEXT, from['status'] ?? '') ?? []).filter(
      (to) => to['status'] !== from['status'] || to['substatus'] !== from['substatus'],
    ),
  current: readItem,
  async read(context, externalId) {
    const { body, headers } = await requestReferral(context, externalId);
    const item = parseItem(body);
    return { ...readItem(item), tag: readTag(item) ?? headers['etag'] ?? null };
  },
  body: (wanted) =>
    Object.entries(wanted).map(([name, value]) => ({ op: 'replace', path: `/${name}`, value })),
  send: (context, { externalId, wanted, tag }) =>
    requestReferral(context, externalId, {
      method: 'PATCH',
      json: changeStatus.body(wanted),
      headers: { prefer: 'return=representation', ...(tag !== null && { 'if-match': tag }) },
      ...(tag !== null && { effect: 'once' }),
    }),
};

/** As Partner Center has it, whatever a mapping makes of it. */
function readItem(item: unknown): Omit<CurrentItem, 'tag'> {
  const { status, substatus, direction, customerProfile, details, ...own } = readReferral(item);
  const { name: companyName } = customerProfile;
  return {
    state: {
      status: withDocumentedCase(status) ?? 'None',
      substatus: withDocumentedCase(substatus),
    },
    facts: {
      name: own.name ?? companyName ?? 'Unnamed referral',
      companyName,
      direction: withDocumentedCase(direction),
      dealValue: parseAmount(details.dealValue, toCurrency(details.currency)),
      currency: details.currency,
    },
  };
}

/** ISO 4217 for no currency: an amount without one may only be digits. */
const NO_CURRENCY = 'XXX';

function toCurrency(code: string | null): string {
  return code !== null && /^[a-z]{3}$/i.test(code) ? code.toUpperCase() : NO_CURRENCY;
}

/** The quotes are part of the tag. Lists have none; a single referral has one in its body. */
function readTag(item: unknown): string | null {
  const { eTag: tag } = toObject(item);
  return typeof tag === 'string' && tag !== '' ? tag : null;
}

function parseItem(body: string): unknown {
  const item = tryParseJson(body);
  if (item !== undefined) return item;
  throw new RemoteError('malformed', 'Partner Center returned something that is not a referral.');
}
