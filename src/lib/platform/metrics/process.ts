import { readFileSync } from 'node:fs';
import path from 'node:path';
import { collectDefaultMetrics } from 'prom-client';
import { z } from 'zod';
import { gauge, getRegistry } from './registry.ts';

let started = false;

/**
 * Starts collecting metrics of the process and its build. The first scrape calls it, because
 * collecting has a cost that is wasted if nothing scrapes.
 */
export function collectProcessMetrics(): void {
  if (started) return;
  started = true;
  collectDefaultMetrics({ register: getRegistry() });
  gauge('tributary_build_info', 'Always 1; the labels say what runs', ['version', 'node']).set(
    { version: readVersion(), node: process.versions.node },
    1,
  );
}

/** The version of package.json in the working directory, where every process is started. */
export function readVersion(): string {
  return z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(path.resolve('package.json'), 'utf8'))).version;
}
