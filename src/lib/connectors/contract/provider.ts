import type { z } from 'zod';
import type { ActionDefinition } from './actions.ts';
import type { Auth, OtherAuth } from './auth.ts';
import type { PushDefinition } from './destination.ts';
import type { Discovery, SourceField } from './discovery.ts';
import type { WebhookDefinition } from './events.ts';
import type { Limits } from './limits.ts';
import type { CallContext, StreamDefinition } from './source.ts';

/** A setting with a field in the connect form. The other settings start with their defaults. */
interface SettingField {
  /** Its name in the settings schema, where it must be text. */
  name: string;
  label: string;
  help: string;
  /** The default is blank, and the connection does not work without a value. */
  required?: boolean;
}

/** A kind of external system. Lists, forms, icons, docs and tests are derived from it. */
export interface ProviderDefinition<Settings = unknown> {
  key: string;
  label: string;
  category: 'crm' | 'calls' | 'documents' | 'news' | 'partner';
  /**
   * How a connection authenticates. Of a stored connection's provider, the way that it uses; of an
   * entry of the registry, the first choice.
   */
  auth: Auth<Settings>;
  /** The other choices. */
  otherAuth?: readonly OtherAuth<Settings>[];
  /** Parses the settings of a connection and applies defaults. Must contain `baseUrl`. */
  settings: z.ZodType<Settings>;
  /** The settings with a field in the connect form, besides the base URL. */
  settingFields?: readonly SettingField[];
  /** Allowed hosts of the base URL, in the form of `Destinations.allowedHosts`. */
  hosts: readonly string[];
  limits: Limits;
  /**
   * Milliseconds between two syncs of a connection, which may be shorter in development. Absent for
   * once an hour.
   */
  intervalMs?(settings: Settings, development: boolean): number;
  /** Webhooks that report changes. They add to the regular passes and do not replace them. */
  webhook?: WebhookDefinition<Settings>;
  /** What people can do to its records from our pages, in the order of the page. */
  actions?: readonly ActionDefinition<Settings>[];
  /** Those that every account has, in the order in which they are synced. */
  streams: readonly StreamDefinition<Settings>[];
  /** Finds what an account has defined itself. Absent where accounts cannot define objects. */
  discovery?: Discovery<Settings>;
  /**
   * The fields of the items of a fixed stream as the source describes them, those that are not read
   * by default included. Throws RemoteError. Absent where the source describes nothing.
   */
  describe?(context: CallContext<Settings>, stream: string): Promise<SourceField[]>;
  /** Absent when leads are never written to it. */
  push?: PushDefinition<Settings>;
  /**
   * Names the account that the credentials belong to; null when nothing in it tells that yet.
   * Throws RemoteError.
   */
  whoAmI?(context: CallContext<Settings>): Promise<string | null>;
  /** Features that are switched on when a person connects it; they can be switched off again. */
  enablesFeatures?: readonly ('lead-engine' | 'crm-push')[];
  /** Sends a cheap request that proves the credentials. Throws RemoteError. */
  check(context: CallContext<Settings>): Promise<void>;
}

/** Infers the settings type of one provider. */
export function defineProvider<Settings>(
  definition: ProviderDefinition<Settings>,
): ProviderDefinition<Settings> {
  return definition;
}
