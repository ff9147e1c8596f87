import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The `.astro` part of a source tree that imports: its frontmatter and its scripts. */
const importing = /^---\n([\s\S]*?)\n---|<script[^>]*>([\s\S]*?)<\/script>/g;

/**
 * Copies the sources below `folders` into `target`, each `.astro` file as the TypeScript that it
 * holds. dependency-cruiser does not read Astro: without this, pages and components could import
 * whatever they like.
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
