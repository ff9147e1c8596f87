import { createHmac } from 'node:crypto';
import { and, eq, inArray, isNull, sql } from 'drizzle-orm';
import { readErasureKey } from '../../connections/keys/erasure-key.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { erasureMarks, erasures } from '../../schema/erasures.ts';
import {
  erasedText,
  findMails,
  findPhones,
  findRuns,
  findWords,
  replaceTokens,
  type Token,
} from './tokens.ts';

/** By what a person is recognized; each kind has a form of its own. */
export type MarkKind = 'email' | 'phone' | 'name' | 'item' | 'parent';

/** The digest of a mark under the tenant's key. */
export const digestMark = (key: Buffer, kind: MarkKind, form: string): Buffer =>
  createHmac('sha256', key).update(`${kind}\n${form}`).digest();

/** The form of an item of a stream, and of an item that others may belong to. */
export const toItemForm = (connectionId: string, stream: string, id: string): string =>
  `${connectionId}\n${stream}\n${id}`;
export const toParentForm = (connectionId: string, id: string): string => `${connectionId}\n${id}`;

/** The people who were erased from a workspace, as far as they can still be recognized. */
export interface Suppression {
  /** Differs whenever somebody was erased or let in again. */
  version: string;
  isEmpty: boolean;
  /** The erasure that a mark belongs to. */
  find(kind: MarkKind, form: string): string | undefined;
  /** The text without what names an erased person; the same text when nothing does. */
  maskText(text: string): string;
  /** The same for every text of a JSON value; the same value when nothing changes. */
  maskValue<T>(value: T): T;
}

/** Reads the erasure list of a tenant. */
export async function loadSuppression(tx: Tx, tenantId: string): Promise<Suppression> {
  const version = await readSuppressionVersion(tx, tenantId);
  if (version === '') return noSuppression;
  const inForce = tx
    .select({ id: erasures.id })
    .from(erasures)
    .where(and(eq(erasures.tenantId, tenantId), isNull(erasures.liftedAt)));
  const marks = await tx
    .select()
    .from(erasureMarks)
    .where(and(eq(erasureMarks.tenantId, tenantId), inArray(erasureMarks.erasureId, inForce)));
  const key = await readErasureKey(tx, tenantId);
  if (key === undefined && marks.length > 0) throw new Error('The erasure list has no key');
  const byDigest = new Map(
    marks.map(({ digest, erasureId }) => [digest.toString('base64'), erasureId]),
  );
  const lengths = [...new Set(marks.map(({ words }) => words))].filter((words) => words > 0);
  return createSuppression(
    version,
    lengths,
    (kind, form) => key && byDigest.get(digestMark(key, kind, form).toString('base64')),
  );
}

/** Tells one state of the erasure list from another; empty for an empty list. */
export async function readSuppressionVersion(tx: Tx, tenantId: string): Promise<string> {
  const { rows } = await tx.execute<{ version: string }>(sql`
    select coalesce(md5(string_agg(id::text, ',' order by id)), '') as version from erasures
    where tenant_id = ${tenantId} and lifted_at is null`);
  return rows[0]?.version ?? '';
}

/** The empty list. */
export const noSuppression: Suppression = {
  version: '',
  isEmpty: true,
  find: () => undefined,
  maskText: (text) => text,
  maskValue: (value) => value,
};

function createSuppression(
  version: string,
  nameLengths: readonly number[],
  find: Suppression['find'],
): Suppression {
  const findTokens = (text: string): Token[] => {
    const words = nameLengths.length === 0 ? [] : findWords(text);
    return [
      ...findMails(text).filter(({ form }) => find('email', form) !== undefined),
      ...findPhones(text).filter(({ form }) => find('phone', form) !== undefined),
      ...nameLengths.flatMap((length) =>
        findRuns(words, length).filter(({ form }) => find('name', form) !== undefined),
      ),
    ];
  };
  const maskText = (text: string): string => {
    const tokens = findTokens(text);
    return tokens.length === 0 ? text : replaceTokens(text, tokens);
  };
  const maskLeaf = (value: unknown): unknown => {
    if (typeof value === 'string') return maskText(value);
    if (typeof value !== 'number' || !Number.isInteger(value)) return value;
    return findTokens(String(value)).length === 0 ? value : erasedText;
  };
  return {
    version,
    isEmpty: false,
    find,
    maskText,
    maskValue: (value) => maskTree(value, maskLeaf, maskText) as typeof value,
  };
}

function maskTree(
  value: unknown,
  maskLeaf: (value: unknown) => unknown,
  maskText: (text: string) => string,
): unknown {
  if (Array.isArray(value)) {
    const masked = value.map((each) => maskTree(each, maskLeaf, maskText));
    return masked.every((each, at) => each === value[at]) ? value : masked;
  }
  if (typeof value !== 'object' || value === null) return maskLeaf(value);
  const fields = Object.entries(value);
  const parts = findNameParts(fields, maskText);
  const masked = fields.map(([name, each]): [string, unknown] => [
    name,
    parts.has(name) ? parts.get(name) : maskTree(each, maskLeaf, maskText),
  ]);
  return masked.every(([, each], at) => each === fields[at]?.[1])
    ? value
    : Object.fromEntries(masked);
}

const firstNamePattern = /^(first|given|fore)[_ ]?name$/i;
const lastNamePattern = /^(last|family|sur)[_ ]?name$/i;

/** The fields that hold the parts of an erased name, with what replaces them. */
function findNameParts(
  fields: readonly [string, unknown][],
  maskText: (text: string) => string,
): Map<string, string> {
  const first = fields.find(([name]) => firstNamePattern.test(name));
  const last = fields.find(([name]) => lastNamePattern.test(name));
  if (typeof first?.[1] !== 'string' || typeof last?.[1] !== 'string') return new Map();
  const whole = `${first[1]} ${last[1]}`;
  if (whole.trim() === '' || maskText(whole) === whole) return new Map();
  return new Map([
    [first[0], erasedText],
    [last[0], ''],
  ]);
}
