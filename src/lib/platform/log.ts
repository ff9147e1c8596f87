import { AsyncLocalStorage } from 'node:async_hooks';
import pino from 'pino';
import { writeOnce, type LogLine } from './log-repeats.ts';
import { safeReason, scrub } from './secrets.ts';

/**
 * The fields that a log line may contain. All others are dropped, because a list of forbidden
 * fields would miss new ones.
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
  'repeats',
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

/** The levels at which the same thing may go wrong again and again. */
const levelsWrittenOnce = new Set<Level>(['warn', 'error']);

function createLogMethod(level: Level) {
  const write = (line: LogLine, message: string) => logger()[level](line, message);
  return (fields: LogFields, message: string): void => {
    if (!logger().isLevelEnabled(level)) return;
    const line: LogLine = {};
    for (const [name, value] of Object.entries({ ...logFields(), ...fields })) {
      if (value !== undefined && isAllowed(name)) line[name] = toPlain(value);
    }
    if (levelsWrittenOnce.has(level)) writeOnce(line, scrub(message), write);
    else write(line, scrub(message));
  };
}

const isAllowed = (name: string): boolean => (allowedFields as readonly string[]).includes(name);

/** A value of another type, such as an error from a library, is logged as text. */
function toPlain(value: unknown): unknown {
  if (typeof value === 'string') return scrub(value);
  return typeof value === 'object' && value !== null && !(value instanceof Date)
    ? safeReason(value)
    : value;
}

/**
 * Structured log: JSON lines on standard error. Of a warning or an error that repeats itself only
 * the first is written at once, and then one a minute with the count `repeats`.
 */
export const log = {
  debug: createLogMethod('debug'),
  info: createLogMethod('info'),
  warn: createLogMethod('warn'),
  error: createLogMethod('error'),
  fatal: createLogMethod('fatal'),
};
