import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { documents, found, read } from './documents.ts';

const readme = read('README.md');

describe('npm scripts', () => {
  const scripts = Object.keys(
    (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts,
  );
  const short = ['start', 'test'];
  const commandsTable = readme.slice(readme.indexOf('## Commands'), readme.indexOf('## Recipes'));

  it.each(scripts)('%s has its row in the README', (script) => {
    const command = short.includes(script) ? `npm ${script}` : `npm run ${script}`;
    expect(commandsTable).toMatch(new RegExp(`^\\| \`${command}[ \`]`, 'm'));
  });

  it.each(documents)('%s names none that does not exist', (file) => {
    const named = found(read(file), /\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g);
    expect(named.filter((script) => !scripts.includes(script))).toEqual([]);
  });
});

describe('the drawing of the flow', () => {
  it('names files and rooms of src/lib that exist', () => {
    const drawing = readme.slice(readme.indexOf('## How the data flows')).split('```')[1] ?? '';
    const named = found(drawing, /(?<![\w/-])((?!src\/)[\w-]+\/(?:[\w-]+\.ts|[\w-]+\/)?)/g);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !existsSync(`src/lib/${name}`))).toEqual([]);
  });
});

describe('the six recipes', () => {
  it('are there and end with the command that proves them', () => {
    const recipes = readme.slice(readme.indexOf('## Recipes')).split(/^### /m).slice(1);
    expect(recipes.map((recipe) => recipe.split('\n')[0])).toEqual([
      'Add a provider',
      'Add an entity',
      'Add a column',
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
