import { hash } from 'node:crypto';

/** A line of the log: its fields by name. */
export type LogLine = Record<string, unknown>;
type Write = (line: LogLine, message: string) => void;

/** How often a repeated line is summed up, and how often the lines are checked for that. */
const summaryMs = 60_000;
const sweepMs = 5_000;
/** How many different lines are kept; the oldest one is dropped for a new one. */
const maxLines = 500;
/** How many requests, runs and jobs a summary names, and how long its texts are. */
const maxIds = 20;
const maxTextLength = 2_000;

/** Fields that a summary collects, so that a request's number is still found in the log. */
const idFields = ['requestId', 'runId', 'jobId'];
/**
 * Fields that may differ between occurrences of a line. Lines with another event, reason, tenant,
 * connection, stream, user or stack are other lines.
 */
const varyingFields = new Set([...idFields, 'attempt', 'count', 'ms', 'until']);

interface Repeated {
  line: LogLine;
  message: string;
  write: Write;
  /** By performance.now(). */
  writtenAt: number;
  /** How often the line came since it was written. */
  repeats: number;
  ids: Map<string, Set<string>>;
}

/** The lines written within the last `summaryMs`, by the digest of what they have in common. */
const known = new Map<string, Repeated>();
let sweeping: NodeJS.Timeout | undefined;
let flushesAtExit = false;

/**
 * Writes a line, unless the same one was written within the last minute: then it is counted. While
 * a line keeps coming, it is written once a minute, with the count as `repeats`, the ids of the
 * requests, runs and jobs it was about, and without its stack. What has been counted is also
 * written when the process exits. `write` must be synchronous.
 */
export function writeOnce(line: LogLine, message: string, write: Write): void {
  const key = toKey(line, message);
  const earlier = known.get(key);
  if (earlier !== undefined) return countRepeat(earlier, line);
  makeRoom();
  known.set(key, {
    line: toSummary(line),
    message,
    write,
    writtenAt: performance.now(),
    repeats: 0,
    ids: new Map(),
  });
  write(line, message);
  keepSweeping();
}

function toKey(line: LogLine, message: string): string {
  const lasting = Object.entries(line)
    .filter(([name]) => !varyingFields.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return hash('sha256', JSON.stringify([message, lasting]), 'base64url');
}

function toSummary(line: LogLine): LogLine {
  return Object.fromEntries(
    Object.entries(line)
      .filter(([name]) => name !== 'stack' && !varyingFields.has(name))
      .map(([name, value]) => [
        name,
        typeof value === 'string' ? value.slice(0, maxTextLength) : value,
      ]),
  );
}

function countRepeat(repeated: Repeated, line: LogLine): void {
  repeated.repeats += 1;
  for (const field of idFields) {
    const id = line[field];
    if (typeof id !== 'string') continue;
    const ids = repeated.ids.get(field) ?? new Set();
    repeated.ids.set(field, ids);
    if (ids.size < maxIds) ids.add(id.slice(0, 100));
  }
}

function makeRoom(): void {
  if (known.size < maxLines) return;
  const [oldest] = known;
  if (oldest === undefined) return;
  writeSummary(oldest[1]);
  known.delete(oldest[0]);
}

/** Checks the kept lines regularly while there are any, without keeping the process alive. */
function keepSweeping(): void {
  sweeping ??= setInterval(sweep, sweepMs).unref();
  if (flushesAtExit) return;
  flushesAtExit = true;
  process.once('exit', () => known.forEach(writeSummary));
}

function sweep(): void {
  const due = performance.now() - summaryMs;
  for (const [key, repeated] of known) {
    if (repeated.writtenAt > due) continue;
    if (repeated.repeats === 0) known.delete(key);
    else writeSummary(repeated);
  }
  if (known.size > 0) return;
  clearInterval(sweeping);
  sweeping = undefined;
}

function writeSummary(repeated: Repeated): void {
  const { line, message, write, repeats, ids } = repeated;
  if (repeats === 0) return;
  const named = [...ids].map(([field, some]) => [field, [...some].join(' ')] as const);
  Object.assign(repeated, { repeats: 0, ids: new Map(), writtenAt: performance.now() });
  write({ ...line, ...Object.fromEntries(named), repeats }, message);
}
