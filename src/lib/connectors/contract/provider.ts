import type { z } from 'zod';
import type { WriteBack } from './actions.ts';
import type { OAuthGrant, SecretField } from './auth.ts';
import type { PushDefinition } from './destination.ts';
import type { WebhookDefinition } from './events.ts';
import type { Limits } from './limits.ts';
import type { ReadContext, StreamDefinition } from './source.ts';

/**
 * A setting that people are asked for when they connect; the others keep their defaults until
 * somebody changes them.
 */
interface SettingField {
  /** As in the settings' schema; its value is text there. */
  name: string;
  label: string;
  help: string;
  /** Its default is blank, and nothing works with that. */
  required?: boolean;
}

/** A kind of external system, as a value. Lists, forms, icons, docs and tests derive from it. */
export interface ProviderDefinition<Settings = unknown> {
  key: string;
  label: string;
  category: 'crm' | 'calls' | 'documents' | 'news' | 'partner';
  /**
   * Keys go into headers as the provider's own folder does it; OAuth tokens are fetched, renewed
   * and sent for it.
   */
  auth:
    | { kind: 'keys'; secrets: readonly SecretField[] }
    | { kind: 'oauth2'; secrets: readonly SecretField[]; grant: OAuthGrant<Settings> };
  /** Parses and defaults the settings of a connection. Must contain `baseUrl`. */
  settings: z.ZodType<Settings>;
  /** Those of the settings that the connect form asks for, besides the base URL. */
  settingFields?: readonly SettingField[];
  /** Hosts (exact, or `*.` for any subdomain) that a connection's base URL may name. */
  hosts: readonly string[];
  limits: Limits;
  /**
   * How often a connection is synced, in milliseconds; a source may be asked more often while its
   * adapter is being developed. Absent: once an hour.
   */
  intervalMs?(settings: Settings, development: boolean): number;
  /** How it tells us of changes; passes go on all the same. */
  webhook?: WebhookDefinition<Settings>;
  /** What people may change of its records from here. */
  writeBack?: WriteBack<Settings>;
  /** In the order in which they are synced. */
  streams: readonly StreamDefinition<Settings>[];
  /** Absent: nothing is written there. */
  push?: PushDefinition<Settings>;
  /**
   * Whose account the credentials open, in a few words; null when the source has nothing yet to
   * tell it by. Throws RemoteError.
   */
  whoAmI?(context: Omit<ReadContext<Settings>, 'partitions' | 'span'>): Promise<string | null>;
  /**
   * What a workspace has on from the moment in which a person connects it; it can be switched off.
   */
  enablesFeatures?: readonly ('lead-engine' | 'crm-push')[];
  /** Asks the provider a cheap question that proves the credentials. Throws RemoteError. */
  check(context: Omit<ReadContext<Settings>, 'partitions' | 'span'>): Promise<void>;
}

/** Keeps the types of one provider together while the registry holds many. */
export function defineProvider<Settings>(
  definition: ProviderDefinition<Settings>,
): ProviderDefinition<Settings> {
  return definition;
}
