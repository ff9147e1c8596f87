import { spawn } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import path from 'node:path';

/**
 * Built in a copy below node_modules: there it finds the same packages as ours and leaves nothing
 * in the tree.
 */
const copy = path.resolve('node_modules', '.cache', 'tributary-bench');
export const bareBuild = path.join(copy, 'dist');

/** Builds the bare page. */
export function buildBare(): Promise<void> {
  rmSync(copy, { recursive: true, force: true });
  cpSync(path.resolve('bench', 'pages', 'bare'), copy, { recursive: true });
  return new Promise((resolve, reject) => {
    const args = [
      path.resolve('node_modules', 'astro', 'bin', 'astro.mjs'),
      'build',
      '--silent',
      '--root',
      copy,
    ];
    const env = { ...process.env, NODE_ENV: 'production', ASTRO_TELEMETRY_DISABLED: '1' };
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'], env });
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`The bare page could not be built (exit code ${code}).`)),
    );
  });
}
