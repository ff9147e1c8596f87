import type { FieldValue, PushTable } from './destination.ts';

/** A record of the CRM, as it was read. */
export interface RemoteRecord {
  id: string;
  /** Its version: a write that names it fails when the record has changed since. */
  etag: string;
  /** Of the fields that were asked for; those that are not there are missing. */
  values: Record<string, FieldValue>;
  /** The records that it points to. */
  parents: Parents;
  /** Id of the lead of ours that it says it belongs to. */
  ourLeadId: string | null;
  email: string | null;
  /** False when it is closed there (qualified, lost, inactive): then it cannot be changed. */
  isOpen: boolean;
  /** How it stands there, in the CRM's words. */
  status: string;
  changedAt: Date | null;
}

export type Parents = Partial<Record<PushTable, string>>;

/** By what a record is looked for. */
export type SearchKey =
  /** The id of our lead that it carries. */
  | { by: 'ours'; leadId: string }
  | { by: 'email'; email: string }
  /** The domain of its website or e-mail address. */
  | { by: 'domain'; domain: string }
  /** Opportunities that came of a lead there. */
  | { by: 'lead'; remoteLeadId: string };

/** What became of a write. Everything else is a RemoteError. */
export type Written =
  /** `kept`: the fields that were sent as the CRM keeps them, as far as it says so. */
  | { kind: 'done'; etag: string; kept: Record<string, FieldValue> }
  /** There is a record with this id, or with the same alternate key, already. */
  | { kind: 'exists' }
  /** It has changed since it was read. */
  | { kind: 'stale' }
  | { kind: 'gone' }
  /** The CRM takes another record for the same. */
  | { kind: 'duplicate' };

export interface Write {
  table: PushTable;
  id: string;
  values: Record<string, FieldValue>;
  parents: Parents;
}

/**
 * The tables of one CRM, to read and write one record at a time. Every write is conditional, so
 * that repeating it does no harm.
 */
export interface RemoteTables {
  read(table: PushTable, id: string, fields: readonly string[]): Promise<RemoteRecord | null>;
  /** At most ten, the oldest first; none where the CRM cannot be asked that way. */
  search(table: PushTable, key: SearchKey, fields: readonly string[]): Promise<RemoteRecord[]>;
  /**
   * Makes a record of that id unless there is one. `detect`: the CRM's own duplicate detection may
   * object.
   */
  create(write: Write, options: { detect: boolean }): Promise<Written>;
  update(write: Write & { etag: string }): Promise<Written>;
  remove(table: PushTable, id: string, etag: string): Promise<Written>;
}
