import { ConfigError } from '../src/lib/platform/config.ts';
import { Problem, type ProblemCode } from '../src/lib/platform/errors.ts';
import { safeMessage } from '../src/lib/platform/secrets.ts';

export { table } from '../scripts/table.ts';

/** The exit codes of all commands; docs/operations/command-line.md explains them. */
export const exitCodes = {
  done: 0,
  unexpected: 1,
  badInput: 2,
  notFound: 3,
  conflict: 4,
  partial: 5,
  syncFailed: 6,
  notUsable: 7,
} as const;

const problemExitCodes: Partial<Record<ProblemCode, number>> = {
  bad_request: exitCodes.badInput,
  not_found: exitCodes.notFound,
  conflict: exitCodes.conflict,
  unavailable: exitCodes.notUsable,
  forbidden: exitCodes.notUsable,
};

export interface OutputOptions {
  json?: boolean;
}

/** Prints a result as JSON for scripts, else as lines for people. */
export function print(options: OutputOptions, result: unknown, lines: string[]): void {
  process.stdout.write(
    `${options.json === true ? JSON.stringify(result, null, 2) : lines.join('\n')}\n`,
  );
}

/** Sets the exit code for runs of which at least one failed or was partial. */
export function setExitCode(runs: readonly { status: string }[]): void {
  if (runs.some(({ status }) => status === 'failed')) process.exitCode = exitCodes.syncFailed;
  else if (runs.some(({ status }) => status === 'partial')) process.exitCode = exitCodes.partial;
}

/** Prints an error on standard error and returns its exit code. */
export function reportFailure(options: OutputOptions, error: unknown): number {
  const code =
    error instanceof Problem
      ? error.code
      : error instanceof ConfigError
        ? 'unavailable'
        : 'internal';
  const message = error instanceof ConfigError ? error.message : safeMessage(error);
  process.stderr.write(
    options.json === true ? `${JSON.stringify({ error: { code, message } })}\n` : `${message}\n`,
  );
  if (error instanceof ConfigError) return exitCodes.notUsable;
  return error instanceof Problem
    ? (problemExitCodes[error.code] ?? exitCodes.unexpected)
    : exitCodes.unexpected;
}

/**
 * Collects the `name=value` pairs of a repeatable option. A value may contain further equals signs.
 */
export function parsePair(
  text: string,
  collected: Record<string, string> = {},
): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1)
    throw new Problem(
      'bad_request',
      'This option takes name=value, for example --setting baseUrl=https://api.example.com/',
    );
  return { ...collected, [text.slice(0, at)]: text.slice(at + 1) };
}
