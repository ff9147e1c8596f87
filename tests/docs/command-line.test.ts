import { globSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/output.ts';
import { documents, firstColumn, found, read, sortedSet, tableIn } from './documents.ts';

const page = 'docs/operations/command-line.md';

describe('the command line', async () => {
  const program = await buildProgram();
  const commands = leavesOf(program).map((command) => [nameOf(command), command] as const);

  it.each(commands)(`%s is in ${page} with all its options and no other`, (name, command) => {
    const row = tableIn(page, 'command').find(([cell]) => cell === `\`${name}\``) ?? [];
    const long = command.options.flatMap((option) => option.long ?? []);
    expect(sortedSet(found(row.join(' '), /`(--[\w-]+)/g))).toEqual(sortedSet(long));
  });

  it(`has no other command in ${page}`, () => {
    expect(firstColumn(page, 'command').toSorted()).toEqual(
      commands.map(([name]) => `\`${name}\``).toSorted(),
    );
  });

  it('is used in the docs with commands and options that exist', () => {
    const uses = documents.flatMap((file) =>
      found(
        read(file).replaceAll(/ *\\\n */g, ' '),
        /npm run tributary -- ((?:[a-z][a-z-]* ?)+(?:--[^`\n]*)?)/g,
      ),
    );
    expect(uses.length).toBeGreaterThan(3);
    for (const use of uses) {
      const command = commands.find(([name]) => use.startsWith(name))?.[1];
      expect(command, use).toBeDefined();
      const long = command?.options.map((option) => option.long) ?? [];
      for (const option of found(use, /(--[\w-]+)/g)) expect(long, use).toContain(option);
    }
  });

  it(`has exit codes that ${page} explains`, () => {
    expect(firstColumn(page, 'exit code').map(Number)).toEqual(Object.values(exitCodes).toSorted());
  });
});

/** The same program as cli/index.ts makes, which runs as soon as it is imported. */
async function buildProgram(): Promise<Command> {
  const program = new Command('tributary');
  for (const file of globSync('cli/commands/*.ts').sort()) {
    const exported = (await import(path.resolve(file))) as Record<string, unknown>;
    for (const [name, add] of Object.entries(exported))
      if (/^add\w+Commands?$/.test(name) && typeof add === 'function') add(program);
  }
  return program;
}

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

function nameOf(command: Command): string {
  const above = command.parent?.parent ? `${nameOf(command.parent)} ` : '';
  return `${above}${command.name()}`;
}
