import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The parts of an `.astro` file that can import: its frontmatter and its scripts. */
const importing = /^---\n([\s\S]*?)\n---|<script[^>]*>([\s\S]*?)<\/script>/g;

/**
 * Copies the sources of `folders` into `target`, each `.astro` file as its TypeScript.
 * dependency-cruiser does not read Astro files, so imports of pages and components would go
 * unchecked.
 */
export function copySources(root: string, folders: readonly string[], target: string): void {
  for (const file of globSync(`{${folders.join(',')}}/**/*.{ts,mjs,astro}`, { cwd: root })) {
    const text = readFileSync(path.join(root, file), 'utf8');
    const copy = path.join(target, file.replace(/\.astro$/, '.astro.ts'));
    mkdirSync(path.dirname(copy), { recursive: true });
    writeFileSync(copy, file.endsWith('.astro') ? toTypeScript(text) : toCopiedImports(text));
  }
  cpSync(path.join(root, 'package.json'), path.join(target, 'package.json'));
}

function toTypeScript(text: string): string {
  const parts = [...text.matchAll(importing)].map(([, front, script]) => front ?? script ?? '');
  return toCopiedImports(parts.join('\n'));
}

const toCopiedImports = (text: string): string => text.replaceAll(/\.astro(['"])/g, '.astro.ts$1');
