import { instant, type Row, type Store, type Value } from './store.ts';
import type { ObjectName } from './objects.ts';

/** The ids of the records that converting a lead makes. */
export interface ConversionIds {
  account: string;
  contact: string;
  opportunity: string;
}

/**
 * Converts an open lead: it stays, closed, and names the account, contact and opportunity that are
 * made of it. Its activities go over to the contact. Does nothing to any other lead.
 */
export function convertLead(
  store: Store,
  id: string,
  ids: ConversionIds,
  { at, amount }: { at: number; amount: number | null },
): boolean {
  const lead = store.row('Lead', id);
  if (lead === undefined || lead.IsConverted === true || lead.IsDeleted === true) return false;
  const by = { OwnerId: lead.OwnerId ?? null, CreatedById: lead.CreatedById ?? null };
  store.insert('Account', ids.account, { ...by, ...toAccount(lead) }, at);
  store.insert('Contact', ids.contact, { ...by, ...toContact(lead), AccountId: ids.account }, at);
  store.insert(
    'Opportunity',
    ids.opportunity,
    {
      ...by,
      Name: `${String(lead.Company)}-`,
      AccountId: ids.account,
      StageName: 'Prospecting',
      Probability: 10,
      Amount: amount,
      CloseDate: instant(at + 90 * 86_400_000).slice(0, 10),
      LeadSource: lead.LeadSource ?? null,
      CurrencyIsoCode: lead.CurrencyIsoCode ?? null,
    },
    at,
  );
  store.update(
    'Lead',
    id,
    {
      IsConverted: true,
      Status: 'Closed - Converted',
      ConvertedDate: instant(at).slice(0, 10),
      ConvertedAccountId: ids.account,
      ConvertedContactId: ids.contact,
      ConvertedOpportunityId: ids.opportunity,
    },
    at,
  );
  for (const object of ['Task', 'Event'] as const)
    repoint(store, object, { field: 'WhoId', from: id, to: ids.contact }, at);
  return true;
}

const pick = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(names.map((name): [string, Value] => [name, row[name] ?? null]));

const toAccount = (lead: Row): Row => ({
  ...pick(lead, [
    'Website',
    'Phone',
    'Industry',
    'NumberOfEmployees',
    'AnnualRevenue',
    'CurrencyIsoCode',
  ]),
  Name: lead.Company ?? null,
  BillingCity: lead.City ?? null,
  BillingCountry: lead.Country ?? null,
});
const toContact = (lead: Row): Row =>
  pick(lead, [
    'FirstName',
    'LastName',
    'Email',
    'Phone',
    'MobilePhone',
    'Title',
    'CurrencyIsoCode',
  ]);

/** Records that point to one record point to another one, which changes them. */
function repoint(
  store: Store,
  object: ObjectName,
  { field, from, to }: { field: string; from: string; to: string },
  at: number,
): void {
  for (const row of store.rows(object, Number.POSITIVE_INFINITY))
    if (row[field] === from) store.update(object, String(row.Id), { [field]: to }, at);
}

/** What points to the records of an object. */
const POINTERS: Partial<Record<ObjectName, readonly [ObjectName, string][]>> = {
  Lead: [
    ['Task', 'WhoId'],
    ['Event', 'WhoId'],
    ['Note', 'ParentId'],
  ],
  Contact: [
    ['Task', 'WhoId'],
    ['Event', 'WhoId'],
    ['Note', 'ParentId'],
  ],
  Account: [
    ['Contact', 'AccountId'],
    ['Opportunity', 'AccountId'],
    ['Task', 'WhatId'],
    ['Event', 'WhatId'],
    ['Note', 'ParentId'],
  ],
};

/**
 * Merges one record into another: the loser is deleted and names the winner, and what pointed to it
 * points to the winner.
 */
export function merge(
  store: Store,
  object: ObjectName,
  { winner, loser }: { winner: string; loser: string },
  at: number,
): boolean {
  const pointers = POINTERS[object];
  if (pointers === undefined || store.row(object, winner) === undefined) return false;
  store.overwrite(object, loser, { MasterRecordId: winner });
  if (!store.delete(object, loser, at)) return false;
  store.update(object, winner, {}, at);
  for (const [child, field] of pointers)
    repoint(store, child, { field, from: loser, to: winner }, at);
  return true;
}
