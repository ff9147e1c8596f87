import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { isLoopback } from './http/addresses.ts';

const flagWithDefault = (byDefault: '0' | '1') =>
  z
    .enum(['0', '1', 'true', 'false', ''])
    .default(byDefault)
    .transform((value) => value === '1' || value === 'true');
const flag = flagWithDefault('0');

const postgresUrl = z
  .string()
  .regex(/^postgres(ql)?:\/\//, 'must start with postgres:// or postgresql://');

/** `id:base64` pairs, newest first. The first key encrypts; all of them decrypt. */
const keyList = z
  .string()
  .transform((text) =>
    text
      .split(',')
      .map((pair) => pair.trim())
      .filter(Boolean),
  )
  .pipe(
    z
      .array(
        z
          .string()
          .regex(
            /^[\w-]{1,32}:[A-Za-z0-9+/]{43}=$/,
            'each key must be "id:" and 32 bytes in base64',
          ),
      )
      .min(1, 'needs at least one key'),
  );

/** One of AUTH_SECRET. A value without a number, as before there were lists, has the version null. */
export interface AuthSecret {
  version: number | null;
  value: string;
}

/** `number:secret` pairs, newest first, or one secret alone. The first signs; all are accepted. */
const authSecrets = z
  .string()
  .transform(parseAuthSecrets)
  .refine((secrets) => secrets.every(({ value }) => value.length >= 32), {
    error: 'must be at least 32 characters; make one with: openssl rand -base64 32',
  })
  .refine((secrets) => new Set(secrets.map(({ version }) => version)).size === secrets.length, {
    error: 'has the same number twice',
  });

function parseAuthSecrets(text: string): AuthSecret[] {
  if (!/^\s*\d{1,9}:/.test(text)) return [{ version: null, value: text }];
  // Secrets may contain commas, so only those before a number divide.
  return text.split(/,(?=\s*\d{1,9}:)/).map((pair) => {
    const colon = pair.indexOf(':');
    return { version: Number(pair.slice(0, colon)), value: pair.slice(colon + 1).trim() };
  });
}

/** `ip` or `ip:port`, comma-separated; an IPv6 address with a port is in brackets. */
const nameServers = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((server) => server.trim())
      .filter(Boolean),
  )
  .pipe(
    z.array(
      z
        .string()
        .refine(
          isNameServer,
          'each server must be an IP address, optionally with a port: 127.0.0.1:5353 or [::1]:53',
        ),
    ),
  );

function isNameServer(server: string): boolean {
  const { address, port = '53' } =
    /^(?:\[(?<address>[\da-f:]+)\]|(?<address>[\d.]+))(?::(?<port>\d{1,5}))?$/.exec(server)
      ?.groups ?? { address: server };
  return isIP(address ?? '') !== 0 && Number(port) <= 65_535;
}

/** The apps that this deployment has registered at providers, as JSON by the provider's key. */
const oauthClients = z
  .string()
  .default('{}')
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue('must be JSON: {"<provider>":{"clientId":"…","clientSecret":"…"}}');
      return z.NEVER;
    }
  })
  .pipe(
    z.record(
      z.string(),
      z.strictObject({
        clientId: z.string().trim().min(1),
        clientSecret: z.string().trim().min(1).optional(),
      }),
    ),
  );

const schema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('production'),
  DATABASE_URL: postgresUrl,
  DATABASE_OWNER_URL: postgresUrl.optional(),
  DATABASE_READ_URL: postgresUrl.optional(),
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(200).default(10),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(4321),
  REQUEST_TIMEOUT_SECONDS: z.coerce.number().int().min(1).max(600).default(30),
  REQUEST_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(16),
  REQUEST_QUEUE_SIZE: z.coerce.number().int().min(0).max(10_000).default(64),
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  AUTH_SECRET: authSecrets,
  TRIBUTARY_KEYS: keyList,
  SESSION_IDLE_HOURS: z.coerce.number().int().min(1).max(720).default(168),
  SESSION_MAX_DAYS: z.coerce.number().int().min(1).max(90).default(30),
  STAFF_SESSION_IDLE_MINUTES: z.coerce.number().int().min(5).max(1440).default(60),
  STAFF_SESSION_MAX_HOURS: z.coerce.number().int().min(1).max(168).default(12),
  AUDIT_RETENTION_DAYS: z.coerce.number().int().min(90).max(36_500).default(730),
  STOP_TIMEOUT_SECONDS: z.coerce.number().int().min(5).max(600).default(28),
  SYNC_CRON: z.string().default('0 * * * *'),
  SYNC_RETRY_BASE_MS: z.coerce.number().int().min(1).max(60_000).default(1000),
  SYNC_LEASE_SECONDS: z.coerce.number().int().min(1).max(600).default(30),
  SYNC_SLICE_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
  SYNC_TENANT_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
  SYNC_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(4),
  REQUIRE_STAFF_TWO_FACTOR: flagWithDefault('1'),
  ALLOW_LOOPBACK_PROVIDERS: flag,
  OAUTH_CLIENTS: oauthClients,
  DNS_SERVERS: nameServers,
  DNS_TIMEOUT_MS: z.coerce.number().int().min(50).max(60_000).default(5000),
  FAILPOINT: z
    .string()
    .regex(
      /^[a-z]+[.][a-z_]+(:[1-9]\d*)?$/,
      'must be a name such as commit.before, with :3 for the third time',
    )
    .optional(),
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must start with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: z.string().min(3).default('Tributary <no-reply@tributary.test>'),
  METRICS_TOKEN: z
    .string()
    .min(16, 'must be at least 16 characters; make one with: openssl rand -hex 24')
    .optional(),
  METRICS_HOST: z.string().min(1).default('127.0.0.1'),
  METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  ALERT_EMAIL: z.email('must be one e-mail address').optional(),
  ALERT_WEBHOOK_URL: z
    .url({ protocol: /^https?$/, error: 'must be the https:// address of the webhook' })
    .optional(),
  ALERT_WEBHOOK_SECRET: z
    .string()
    .min(16, 'must be at least 16 characters; make one with: openssl rand -hex 24')
    .optional(),
  ALERT_CHECK_SECONDS: z.coerce.number().int().min(1).max(3600).default(60),
  WEBHOOK_TRUST_FILE: z.string().min(1).optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  TRUST_PROXY: flag,
});

/**
 * Rules about several variables at once. Production requires PUBLIC_URL, because links in e-mails
 * and secure cookies depend on the address that people use.
 */
const refinedSchema = schema
  .refine((env) => env.NODE_ENV !== 'production' || env.FAILPOINT === undefined, {
    path: ['FAILPOINT'],
    error: 'ends the process on purpose and is not allowed in production',
  })
  .refine((env) => env.ALERT_WEBHOOK_URL === undefined || env.ALERT_WEBHOOK_SECRET !== undefined, {
    path: ['ALERT_WEBHOOK_SECRET'],
    error: 'is needed with ALERT_WEBHOOK_URL to sign what is sent',
  })
  .refine((env) => env.NODE_ENV !== 'production' || env.PUBLIC_URL !== undefined, {
    path: ['PUBLIC_URL'],
    error:
      'is needed in production: the address at which people reach the site, ' +
      'such as https://dashboards.example.com',
  })
  .refine((env) => env.NODE_ENV !== 'production' || isEncryptedOrLocal(env.PUBLIC_URL), {
    path: ['PUBLIC_URL'],
    error:
      'must begin with https:// in production, unless it names this machine: sessions would ' +
      'otherwise cross the network unencrypted',
  });

function isEncryptedOrLocal(address: string | undefined): boolean {
  if (address === undefined) return true;
  const { protocol, hostname } = new URL(address);
  return protocol === 'https:' || isLoopback(hostname);
}

export type Config = z.output<typeof schema>;

/** Thrown for an invalid environment. The message lists every mistake and how to correct it. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * Parses the configuration from environment variables. Throws ConfigError, which never quotes
 * values because they may be secrets.
 */
export function parseConfig(env: Record<string, string | undefined>): Config {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const result = refinedSchema.safeParse(present);
  if (result.success) return result.data;
  const lines = result.error.issues.map(
    (issue) => `  ${issue.path.join('.')}: ${describeIssue(issue, present)}`,
  );
  throw new ConfigError(
    [
      'Tributary cannot start: the configuration is not usable.',
      ...lines,
      'Each variable is explained in .env.example.',
    ].join('\n'),
  );
}

function describeIssue(issue: z.core.$ZodIssue, present: Record<string, unknown>): string {
  const name = String(issue.path[0]);
  return name in present || issue.code === 'custom' ? issue.message : 'is not set';
}

let cached: Config | undefined;

/** The configuration of this process, parsed on first use. */
export function config(): Config {
  if (cached === undefined) loadEnvFile();
  cached ??= parseConfig(process.env);
  return cached;
}

/** Adds the variables of `.env` in the working directory that the environment does not have. */
export function loadEnvFile(): void {
  if (existsSync('.env')) process.loadEnvFile('.env');
}

/**
 * Makes the next use parse the environment again, for a process that changes its own environment.
 */
export function resetConfig(): void {
  cached = undefined;
}
