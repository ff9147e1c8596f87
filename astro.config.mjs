// @ts-check
import node from '@astrojs/node';
import react from '@astrojs/react';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'astro/config';

/** Largest request body in bytes; nothing a browser sends us is bigger. */
const bodySizeLimit = 1024 * 1024;

export default defineConfig({
  output: 'server',
  // Middleware mode: our own server (scripts/web.ts) drains requests on SIGTERM, the standalone one does not.
  adapter: node({ mode: 'middleware', bodySizeLimit }),
  integrations: [react()],
  devToolbar: { enabled: false },
  vite: { plugins: [tailwindcss()] },
});
