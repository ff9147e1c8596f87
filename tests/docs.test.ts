import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../cli/output.ts';
import { providers } from '#lib/connectors/registry.ts';

/** The docs are complete and true: what exists is told of, and what is told of exists. */
const read = (file: string): string => readFileSync(file, 'utf8');
const decisions = globSync('docs/decisions/*.md').sort();
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  ...globSync('docs/**/*.md').sort(),
];
const operations = read('docs/operations.md');
const readme = read('README.md');

/** The texts between backticks, without those of code blocks. */
const codeWords = (text: string): string[] =>
  [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, word = '']) => word,
  );
/** The first group of every match. */
const found = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, word = '']) => word);
const sortedSet = (words: Iterable<string>): string[] => [...new Set(words)].sort();

describe('npm scripts', () => {
  const scripts = Object.keys(
    (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts,
  );
  const short = ['start', 'test'];
  const commandsTable = readme.slice(
    readme.indexOf('## Commands'),
    readme.indexOf('## Five recipes'),
  );

  it.each(scripts)('%s has its row in the README', (script) => {
    const command = short.includes(script) ? `npm ${script}` : `npm run ${script}`;
    expect(commandsTable).toMatch(new RegExp(`^\\| \`${command}[ \`]`, 'm'));
  });

  it.each(documents)('%s names none that does not exist', (file) => {
    const named = found(read(file), /\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g);
    expect(named.filter((script) => !scripts.includes(script))).toEqual([]);
  });
});

describe('the environment', () => {
  /** Only scripts and tests read these; they are told of elsewhere. */
  const outside: Record<string, string> = {
    TRIBUTARY_DATA_DIR: '.env.example',
    TEST_DATABASE_URL: 'CONTRIBUTING.md',
    PG_BIN: 'docs/operations.md',
    SCREENSHOTS: 'CONTRIBUTING.md',
    DEEP: 'CONTRIBUTING.md',
    SEED: 'CONTRIBUTING.md',
    SANDBOX_PORT: 'sandbox/README.md',
    BENCH_LEADS: 'docs/benchmarks.md',
    BENCH_SCALE: 'docs/benchmarks.md',
    BENCH_ACCOUNTS: 'docs/benchmarks.md',
  };
  const example = read('.env.example');
  const explained = Object.keys(parseEnv(example.replaceAll(/^# (?=[A-Z_]+=)/gm, '')));
  const configSource = read('src/lib/platform/config.ts');
  const known = found(
    configSource.slice(
      configSource.indexOf('const schema = z.object({'),
      configSource.indexOf('export type Config'),
    ),
    /^ {2}([A-Z_]+):/gm,
  );

  it('is explained in .env.example, all of it and nothing else', () => {
    expect(known.length).toBeGreaterThan(10);
    expect(sortedSet(explained)).toEqual(sortedSet([...known, 'TRIBUTARY_DATA_DIR']));
  });

  it('is assigned to its processes in docs/operations.md', () => {
    const table = operations.slice(
      operations.indexOf('## Environment'),
      operations.indexOf('## Database roles'),
    );
    expect(sortedSet(found(table, /`([A-Z_]{4,})`/g))).toEqual(sortedSet(explained));
  });

  it('is read nowhere under a name that no document holds', () => {
    const files = globSync([
      '{src,worker,cli,scripts,sandbox,tests,bench}/**/*.{ts,astro}',
      '*.{ts,mjs}',
    ]);
    const names = sortedSet(
      files.flatMap((file) => found(read(file), /process\.env(?:\.|\[')([A-Z_]{3,})/g)),
    );
    const untold = names.filter(
      (name) => !explained.includes(name) && !read(outside[name] ?? '.env.example').includes(name),
    );
    expect(untold).toEqual([]);
  });
});

describe('the command line', async () => {
  const program = await buildProgram();
  const commands = leavesOf(program).map((command) => [nameOf(command), command] as const);

  it.each(commands)(
    '%s is in docs/operations.md with all its options and no other',
    (name, command) => {
      const row = operations.split('\n').find((line) => line.startsWith(`| \`${name}\` |`)) ?? '';
      const long = command.options.flatMap((option) => option.long ?? []);
      expect(sortedSet(found(row, /`(--[\w-]+)/g))).toEqual(sortedSet(long));
    },
  );

  it('has no other command in docs/operations.md', () => {
    const table = operations.slice(
      operations.indexOf('| command | options |'),
      operations.indexOf('| exit code |'),
    );
    expect(found(table, /^\| `([^`]+)` \|/gm).sort()).toEqual(
      commands.map(([name]) => name).sort(),
    );
  });

  it('is used in the docs with commands and options that exist', () => {
    const uses = documents.flatMap((file) =>
      found(read(file), /npm run tributary -- ((?:[a-z][a-z-]* ?)+(?:--[^`\n]*)?)/g),
    );
    expect(uses.length).toBeGreaterThan(3);
    for (const use of uses) {
      const command = commands.find(([name]) => use.startsWith(name))?.[1];
      expect(command, use).toBeDefined();
      const long = command?.options.map((option) => option.long) ?? [];
      for (const option of found(use, /(--[\w-]+)/g)) expect(long, use).toContain(option);
    }
  });

  it('has exit codes that docs/operations.md explains', () => {
    const table = operations.slice(
      operations.indexOf('| exit code | means |'),
      operations.indexOf('A new client, whole'),
    );
    expect(found(table, /^\| (\d+) \|/gm).map(Number)).toEqual(Object.values(exitCodes).toSorted());
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

describe('operations', () => {
  it('explains each field of the log and no other', () => {
    const source = read('src/lib/platform/log.ts');
    const allowed = found(
      source.slice(source.indexOf('const allowed = ['), source.indexOf('] as const')),
      /'(\w+)'/g,
    );
    const table = operations.slice(
      operations.indexOf('| field | is |'),
      operations.indexOf('## Command line'),
    );
    const rows = table
      .split('\n')
      .map((line) => line.split('|')[1] ?? '')
      .join('\n');
    expect(sortedSet(found(rows, /`(\w+)`/g))).toEqual(sortedSet(allowed));
  });

  it('explains each kind of error that a run can end with', () => {
    const remote =
      read('src/lib/platform/http/errors.ts').match(/type RemoteErrorKind =([^;]+);/)?.[1] ?? '';
    const ours = [
      read('src/lib/ingest/failures.ts'),
      ...['runs', 'run', 'pass', 'lease'].map((name) => read(`src/lib/sync/${name}.ts`)),
    ];
    const kinds = [
      ...found(remote, /'(\w+)'/g),
      ...found(ours[0] ?? '', /\? '(\w+)' :/g),
      ...found(ours.join('\n'), /(?:errorK|k)ind: '(\w+)'/g),
      'internal',
    ];
    const table = operations.slice(
      operations.indexOf('| kind | means |'),
      operations.indexOf('Held-back deletions'),
    );
    expect(sortedSet(found(table, /^\| `(\w+)` \|/gm))).toEqual(sortedSet(kinds));
  });

  it('quotes what the program says', () => {
    const trouble = operations.slice(operations.indexOf('## Troubleshooting'));
    const banner = found(
      trouble.slice(0, trouble.indexOf('A sync run is')),
      /^\| ([^|]+) \| (?!means)/gm,
    ).slice(1);
    const symptoms = found(trouble, /^\| "([^"]+)" \|/gm).filter(
      (text) => text !== 'permission denied to set role',
    );
    expect(Math.min(banner.length, symptoms.length)).toBeGreaterThan(6);
    const said = globSync(['{src,scripts}/**/*.ts']).map(read).join('\n');
    const pieces = [...banner, ...symptoms]
      .flatMap((text) => text.split(/…|, /))
      .map((piece) => piece.replace(/^rows /, '').trim());
    expect(pieces.filter((piece) => !said.includes(piece))).toEqual([]);
  });

  it('names the health endpoints that exist', () => {
    const table = operations.slice(operations.indexOf('## Health'), operations.indexOf('## Logs'));
    for (const address of found(table, /^\| `(\/[\w/]+)/gm)) {
      const files = ['.ts', '/index.ts'].map((end) => `src/pages${address}${end}`);
      expect(
        files.some((file) => existsSync(file)),
        address,
      ).toBe(true);
    }
  });
});

describe('providers', () => {
  const text = read('docs/providers.md');

  it.each(providers.map((provider) => [provider.key, provider] as const))(
    '%s is described with its secrets, settings and streams',
    (key, provider) => {
      const heading = `## ${provider.label} (\`${key}\`)`;
      expect(text).toContain(heading);
      const [section = ''] = text.slice(text.indexOf(heading) + heading.length).split(/^## /m);
      const settings = Object.keys(provider.settings.parse({}) as object);
      const names = [
        ...provider.auth.secrets.map(({ name }) => name),
        ...settings,
        ...provider.streams.map(({ name }) => name),
      ];
      expect(names.filter((name) => !section.includes(`\`${name}\``))).toEqual([]);
    },
  );

  it('are the only ones described', () => {
    expect(found(text, /^## .*\(`([\w-]+)`\)$/gm).sort()).toEqual(
      providers.map(({ key }) => key).sort(),
    );
  });
});

describe('files', () => {
  const roots = new Set(
    globSync('*', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  );
  const made = ['dist/', '.data/'];
  const isFile = (word: string): boolean => {
    if (/[<>*{}()\s=…@]/.test(word) || made.includes(word) || word.startsWith('/')) return false;
    return roots.has(word.split('/')[0] ?? '') && word.includes('/')
      ? true
      : /^(\.ci\/|[A-Z]{4,}\.md$|\.\w+\.json$|[\w.]+\.config\.\w+$|package\.json$|\.env\.example$)/.test(
          word,
        );
  };

  it.each(documents)('%s names only files that exist', (file) => {
    const named = codeWords(read(file)).filter(isFile);
    const linked = found(read(file), /\]\((?!https?:)([^)#]+)/g).map((target) =>
      path.join(path.dirname(file), target),
    );
    expect([...named, ...linked].filter((name) => !existsSync(name))).toEqual([]);
  });

  it.each(
    globSync('src/lib/*', { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name),
  )('src/lib/%s has its row among the layers', (name) => {
    expect(read('CONTRIBUTING.md')).toMatch(new RegExp(`^\\| .*\`src/lib/${name}/\`.* \\|`, 'm'));
  });

  it('are named at all', () => {
    expect(codeWords(readme).filter(isFile).length).toBeGreaterThan(30);
  });

  it.each(documents)('%s ends its lines before column 140, tables apart', (file) => {
    expect(
      read(file)
        .split('\n')
        .filter((line) => line.length > 140 && !line.startsWith('|')),
    ).toEqual([]);
  });
});

describe('decision records', () => {
  it('are numbered without gaps', () => {
    const numbers = decisions.map((file) =>
      Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(path.basename(file))?.[1]),
    );
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  it.each(decisions)('%s has its number, the three headings and fewer than 40 lines', (file) => {
    const text = read(file);
    expect(text).toMatch(new RegExp(`^# ${path.basename(file).slice(0, 4)} \\S`));
    expect(found(text, /^## (.+)$/gm)).toEqual(['Context', 'Decision', 'Consequences']);
    expect(text.trimEnd().split('\n').length).toBeLessThan(40);
  });
});

describe('words', () => {
  /** The docs speak to a reader who has only this tree. */
  const foreign =
    /\b(AI|LLMs?|GPT|assistants?|language models?|copilot|this session|TODO|FIXME|TBD)\b|\/work\/|\/tmp\/|\bissue \d/i;
  const readings = sortedSet([
    ...documents,
    ...globSync('{src,worker,cli,sandbox,scripts,tests,bench}/**/*.md'),
    '.env.example',
    'package.json',
  ]);

  it.each(readings)('%s speaks of the project only', (file) => {
    expect(
      read(file)
        .split('\n')
        .filter((line) => foreign.test(line)),
    ).toEqual([]);
  });

  it.each(documents)('%s has headings in sentence case and no pictures in its words', (file) => {
    const headings = found(read(file), /^#+ (.+)$/gm);
    expect(headings.filter((heading) => /\p{Extended_Pictographic}/u.test(heading))).toEqual([]);
    expect(read(file)).not.toMatch(/\p{Emoji_Presentation}/u);
  });

  it('hold the five recipes', () => {
    const recipes = readme.slice(readme.indexOf('## Five recipes')).split(/^### /m).slice(1);
    expect(recipes.map((recipe) => recipe.split('\n')[0])).toEqual([
      'Add a provider',
      'Add an entity',
      'Add a page',
      'Add a job',
      'Add a test',
    ]);
    for (const recipe of recipes)
      expect(recipe.trimEnd().split('\n').at(-1), 'ends with the command that proves it').toMatch(
        /^\d\. `npm .+`$/,
      );
  });
});
