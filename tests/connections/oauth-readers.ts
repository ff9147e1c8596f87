import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { testEnv } from '../helpers/database.ts';
import { until } from '../helpers/processes.ts';

/** A process that reads through one connection whenever it is asked (oauth-reader.ts). */
export class Reader {
  readonly child: ChildProcess;
  readonly #lines: Interface;
  readonly answers: string[] = [];

  constructor(databaseUrl: string, args: string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, ['tests/connections/oauth-reader.ts', ...args], {
      env: { ...process.env, ...testEnv(databaseUrl), ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#lines = createInterface({ input: this.child.stdout ?? process.stdin });
    this.#lines.on('line', (line) => this.answers.push(line));
  }

  ask(round: string): void {
    this.child.stdin?.write(`${round}\n`);
  }
}

/** All ask at once; the answers, once each has one. */
export async function askAll(asked: Reader[], round: string): Promise<string[]> {
  const before = asked.map(({ answers }) => answers.length);
  for (const reader of asked) reader.ask(round);
  await until(`all answered round ${round}`, () =>
    asked.every(({ answers }, index) => answers.length > (before[index] ?? 0)),
  );
  return asked.map(({ answers }) => answers.at(-1) ?? '');
}
