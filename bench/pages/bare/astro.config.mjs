// @ts-check
import node from '@astrojs/node';
import { defineConfig } from 'astro/config';

/**
 * As little Astro as there can be behind the server that the pages stand behind: the yardstick of
 * the page benchmark.
 */
export default defineConfig({
  output: 'server',
  adapter: node({ mode: 'middleware' }),
  devToolbar: { enabled: false },
});
