// @ts-check
import node from '@astrojs/node';
import react from '@astrojs/react';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'astro/config';

/** Largest request body in bytes; nothing a browser sends us is bigger. */
const bodySizeLimit = 1024 * 1024;

/**
 * Sent as a header with every page, off in dev. Scripts and styles come from our own files or carry
 * a hash; only style *attributes* may be written inline, because charts, tooltips and the tenant's
 * accent need them and they run nothing. The middleware adds `frame-ancestors` and the other
 * headers.
 * @type {NonNullable<Exclude<NonNullable<import('astro').AstroUserConfig['security']>['csp'],
 * boolean>>}
 */
const csp = {
  directives: [
    "default-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ],
  styleDirective: {
    resources: [
      { resource: "'self'", kind: 'element' },
      { resource: "'unsafe-inline'", kind: 'attribute' },
    ],
  },
};

export default defineConfig({
  output: 'server',
  // Middleware mode: our own server (scripts/web.ts) drains requests on SIGTERM, the standalone one
  // does not.
  adapter: node({ mode: 'middleware', bodySizeLimit }),
  integrations: [react()],
  // No page resizes images at run time. Astro always adds a route for it, which reads the address as
  // the order to fetch and decode a picture; here it leads to the route of unknown addresses.
  image: { endpoint: { route: '/_image', entrypoint: './src/pages/[...path].ts' } },
  devToolbar: { enabled: false },
  // No page is written in Markdown, and the highlighter's inline styles would not pass the policy
  // below.
  markdown: { syntaxHighlight: false },
  // The middleware checks the origin of every unsafe request; Astro's own check looks at form-like
  // bodies only.
  security: { csp, checkOrigin: false },
  // One stylesheet for all pages: fetched once, then cached, where inlined parts would travel with
  // every page.
  build: { inlineStylesheets: 'never' },
  vite: { plugins: [tailwindcss()] },
});
