import { vi } from 'vitest';

/**
 * Gives each test of a file four minutes instead of one. For files whose tests start processes or
 * ask for hundreds of pages: seconds on an idle machine, and several times as long on two cores
 * that others use too. Call at the top of the file, before its tests.
 */
export function allowForLoad(): void {
  vi.setConfig({ testTimeout: 240_000 });
}
