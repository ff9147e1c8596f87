import { AsyncLocalStorage } from 'node:async_hooks';
import pino from 'pino';
import { scrub } from './secrets.ts';

/**
 * What a log line may hold. Anything else is dropped: a deny-list forgets, an allow-list does not.
 */
const allowedFields = [
  'event',
  'reason',
  'requestId',
  'runId',
  'jobId',
  'tenantId',
  'connectionId',
  'provider',
  'stream',
  'userId',
  'method',
  'route',
  'status',
  'ms',
  'attempt',
  'host',
  'path',
  'count',
  'fetched',
  'inserted',
  'changed',
  'unchanged',
  'rejected',
  'deleted',
  'trigger',
  'port',
  'until',
  'kind',
  'queue',
  'version',
  'signal',
  'stack',
] as const;
export type LogFields = Partial<
  Record<(typeof allowedFields)[number], string | number | boolean | Date | null | undefined>
>;

const correlation = new AsyncLocalStorage<LogFields>();

/** Runs `fn` so that every line logged inside carries `fields` (request, run or job id). */
export function withLogFields<T>(fields: LogFields, fn: () => T): T {
  return correlation.run({ ...correlation.getStore(), ...fields }, fn);
}

/** The correlation fields in force. */
export function logFields(): LogFields {
  return correlation.getStore() ?? {};
}

let instance: pino.Logger | undefined;

/** Made on first use, so that a process may still choose its level. */
function logger(): pino.Logger {
  instance ??= pino(
    {
      level: process.env['LOG_LEVEL'] || 'info',
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return instance;
}

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

function createLogMethod(level: Level) {
  return (fields: LogFields, message: string): void => {
    const line: Record<string, unknown> = {};
    for (const [name, value] of Object.entries({ ...logFields(), ...fields })) {
      if (value === undefined || !allowedFields.includes(name as (typeof allowedFields)[number]))
        continue;
      line[name] = typeof value === 'string' ? scrub(value) : value;
    }
    logger()[level](line, scrub(message));
  };
}

/** Structured log: JSON lines on standard error. */
export const log = {
  debug: createLogMethod('debug'),
  info: createLogMethod('info'),
  warn: createLogMethod('warn'),
  error: createLogMethod('error'),
  fatal: createLogMethod('fatal'),
};
