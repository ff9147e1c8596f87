import { readFileSync } from 'node:fs';
import path from 'node:path';
import { collectDefaultMetrics } from 'prom-client';
import { z } from 'zod';
import { gauge, ownRegistry } from './registry.ts';

let started = false;

/**
 * Figures of the process itself and of its build. Begun by the first scrape: they cost something,
 * and without scrapes nobody reads them.
 */
export function watchProcess(): void {
  if (started) return;
  started = true;
  collectDefaultMetrics({ register: ownRegistry() });
  gauge('tributary_build_info', 'Always 1; the labels say what runs', ['version', 'node']).set(
    { version: ownVersion(), node: process.versions.node },
    1,
  );
}

/** The version of package.json in the working directory, where every process is started. */
export function ownVersion(): string {
  return z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(path.resolve('package.json'), 'utf8'))).version;
}
