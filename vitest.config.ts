import { tmpdir } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    exclude: ['tests/deep/**'],
    globalSetup: ['tests/helpers/global-setup.ts'],
    // The processes that tests start compile our files once between them.
    env: {
      NODE_ENV: 'test',
      TZ: 'UTC',
      NODE_COMPILE_CACHE: path.join(tmpdir(), 'tributary-compile-cache'),
    },
    pool: 'forks',
    // One more than cores: many tests wait for processes that they have started.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
