import { sql, type SQL } from 'drizzle-orm';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { toLikePattern } from '../../platform/db/like.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { findMails, findPhones, findWords } from '../../ingest/suppression/tokens.ts';

/** By what a person is looked for: one of the three. */
export interface PersonQuery {
  email?: string | undefined;
  phone?: string | undefined;
  /** The id of a lead or contact, as in the address of its page. */
  record?: string | undefined;
}

/** The query that a person meant by one line of text. */
export function parsePersonQuery(text: string): PersonQuery {
  const person = text.trim();
  if (person.includes('@')) return { email: person };
  return isId(person) ? { record: person } : { phone: person };
}

/** A lead or contact that is the person. */
interface PersonRecord {
  entity: 'lead' | 'contact';
  id: string;
  connectionId: string;
  provider: string;
  stream: string;
  externalId: string;
  name: string;
  email: string | null;
  phone: string | null;
}

/** Everything by which the person is recognized, in the forms of src/lib/ingest/suppression. */
interface Identifiers {
  emails: string[];
  phones: string[];
  names: string[];
}

export interface FoundPerson {
  soughtBy: 'email' | 'phone' | 'record';
  records: PersonRecord[];
  identifiers: Identifiers;
  /** Rows about the person, by what they are. */
  counts: Record<string, number>;
  /** Numbers and names that others share, which therefore stay where others have them. */
  shared: { phones: number; names: number };
}

/** What an admin sees of a person before confirming. */
export interface PersonPreview {
  /** What the admin typed. */
  person: string;
  found: FoundPerson;
}

/**
 * Finds a person: their leads and contacts in every connected system, deleted ones included, and
 * how much else is about them. Throws Problem `bad_request` for what is no address, number or id,
 * and `not_found` for an id that nobody has.
 */
export async function findPerson(tenantId: string, query: PersonQuery): Promise<FoundPerson> {
  const sought = readQuery(query);
  return readTenant(tenantId, async (tx) => {
    const first = await selectRecords(tx, tenantId, sought.condition);
    if (sought.soughtBy === 'record' && first.length === 0)
      throw new Problem('not_found', 'No lead or contact of this workspace has this id.');
    const records = await addSameAddress(tx, tenantId, first);
    const { identifiers, shared } = await collectIdentifiers(tx, tenantId, records, sought);
    const counts = await countRows(tx, tenantId, records, identifiers);
    return { soughtBy: sought.soughtBy, records, identifiers, counts, shared };
  });
}

interface Sought {
  soughtBy: FoundPerson['soughtBy'];
  condition: SQL;
  emails: string[];
  phones: string[];
}

function readQuery({ email = '', phone = '', record = '' }: PersonQuery): Sought {
  if ([email, phone, record].filter((text) => text.trim() !== '').length !== 1)
    throw new Problem('bad_request', 'Enter an e-mail address, a telephone number or an id.');
  if (record.trim() !== '') return readRecordQuery(record.trim());
  if (email.trim() === '') return readPhoneQuery(phone);
  const emails = findMails(email).map(({ form }) => form);
  if (emails.length !== 1)
    throw new Problem('bad_request', `"${email.trim()}" is not one e-mail address.`);
  return { soughtBy: 'email', condition: whereMail(emails), emails, phones: [] };
}

function readRecordQuery(record: string): Sought {
  if (!isId(record))
    throw new Problem('bad_request', 'Take the id from the address of the page of the lead.');
  return { soughtBy: 'record', condition: sql`id = ${record}`, emails: [], phones: [] };
}

function readPhoneQuery(phone: string): Sought {
  const phones = findPhones(phone).map(({ form }) => form);
  if (phones.length !== 1)
    throw new Problem('bad_request', 'A telephone number has between 7 and 15 digits.');
  return { soughtBy: 'phone', condition: wherePhone(phones), emails: [], phones };
}

const whereMail = (emails: readonly string[]): SQL =>
  emails.length === 0
    ? sql`false`
    : sql`email ilike any(${sql.param(emails.map(toLikePattern))}::text[])`;

const wherePhone = (phones: readonly string[]): SQL =>
  phones.length === 0
    ? sql`false`
    : sql`regexp_replace(phone, '\\D', '', 'g')
        like any(${sql.param(phones.map((digits) => `%${digits}%`))}::text[])`;

async function selectRecords(tx: Tx, tenantId: string, condition: SQL): Promise<PersonRecord[]> {
  const columns = sql`id, connection_id as "connectionId", provider, stream,
    external_id as "externalId", name, email, phone`;
  const { rows } = await tx.execute<PersonRecord & Record<string, unknown>>(sql`
    select 'lead' as entity, ${columns} from leads
      where tenant_id = ${tenantId} and ${condition}
    union all select 'contact', ${columns} from contacts
      where tenant_id = ${tenantId} and ${condition} order by name, id limit 1000`);
  return rows;
}

/** The records, and those that have an address of theirs: the same person in other systems. */
async function addSameAddress(
  tx: Tx,
  tenantId: string,
  records: readonly PersonRecord[],
): Promise<PersonRecord[]> {
  const emails = collect(records, ({ email }) => findMails(email ?? ''));
  const more = emails.length === 0 ? [] : await selectRecords(tx, tenantId, whereMail(emails));
  return [...new Map([...records, ...more].map((each) => [each.id, each])).values()];
}

const collect = (
  records: readonly PersonRecord[],
  read: (record: PersonRecord) => { form: string }[],
): string[] => [...new Set(records.flatMap((record) => read(record).map(({ form }) => form)))];

/** Words of a name, of which one alone says too little about who is meant. */
const toName = (name: string): { form: string }[] => {
  const words = findWords(name).map(({ form }) => form);
  return words.length < 2 ? [] : [{ form: words.join(' ') }];
};

/** A number or a name that another person has too would erase that person as well. */
async function collectIdentifiers(
  tx: Tx,
  tenantId: string,
  records: readonly PersonRecord[],
  sought: Sought,
): Promise<Pick<FoundPerson, 'identifiers' | 'shared'>> {
  const emails = [
    ...new Set([...sought.emails, ...collect(records, (r) => findMails(r.email ?? ''))]),
  ];
  const phones = collect(records, ({ phone }) => findPhones(phone ?? ''));
  const names = collect(records, ({ name }) => toName(name));
  const others = await selectOthers(tx, tenantId, records, phones, names);
  const theirPhones = new Set(collect(others, ({ phone }) => findPhones(phone ?? '')));
  const theirNames = new Set(collect(others, ({ name }) => toName(name)));
  const ownPhones = phones.filter((form) => !theirPhones.has(form));
  const ownNames = names.filter((form) => !theirNames.has(form));
  return {
    identifiers: {
      emails,
      phones: [...new Set([...sought.phones, ...ownPhones])],
      names: ownNames,
    },
    shared: {
      phones: phones.filter((form) => theirPhones.has(form) && !sought.phones.includes(form))
        .length,
      names: names.length - ownNames.length,
    },
  };
}

async function selectOthers(
  tx: Tx,
  tenantId: string,
  records: readonly PersonRecord[],
  phones: readonly string[],
  names: readonly string[],
): Promise<PersonRecord[]> {
  const own = sql.param(records.map(({ id }) => id));
  const sameName = names.map((name) => name.replaceAll(' ', '%'));
  return selectRecords(
    tx,
    tenantId,
    sql`deleted_at is null and id <> all(${own}::uuid[]) and (${wherePhone(phones)}
      or name ilike any(${sql.param(sameName)}::text[]))`,
  );
}

async function countRows(
  tx: Tx,
  tenantId: string,
  records: readonly PersonRecord[],
  { emails, names }: Identifiers,
): Promise<Record<string, number>> {
  const parents = sql`(select unnest(${sql.param(records.map((r) => r.connectionId))}::uuid[]),
    unnest(${sql.param(records.map((r) => r.externalId))}::text[]))`;
  const leads = sql.param(records.map(({ id }) => id));
  const texts = [...emails, ...names.map((name) => name.replaceAll(' ', '%'))];
  const named = sql`any(${sql.param(texts.map((text) => `%${text}%`))}::text[])`;
  const count = (table: string, condition: SQL): SQL =>
    sql`(select count(*)::int from ${sql.identifier(table)} where tenant_id = ${tenantId}
      and ${condition})`;
  const { rows } = await tx.execute<Record<string, number>>(sql`select
    ${records.filter(({ entity }) => entity === 'lead').length}::int as leads,
    ${records.filter(({ entity }) => entity === 'contact').length}::int as contacts,
    ${count('notes', sql`(connection_id, contact_id) in ${parents}`)} as notes,
    ${count(
      'scheduled_activities',
      sql`((connection_id, contact_id) in ${parents}
      or contact_name ilike ${named})`,
    )} as activities,
    ${count('opportunities', sql`(name ilike ${named} or raw_json::text ilike ${named})`)}
      as opportunities,
    ${count('referrals', sql`raw_json::text ilike ${named}`)} as referrals,
    ${count('companies', sql`raw_json::text ilike ${named}`)} as companies,
    ${count('pushes', sql`lead_id = any(${leads}::uuid[])`)} as pushes`);
  return rows[0] ?? {};
}
