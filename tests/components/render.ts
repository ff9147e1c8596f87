import { getViteConfig } from 'astro/config';
import { experimental_AstroContainer as AstroContainer } from 'astro/container';
import type { AstroComponentFactory } from 'astro/runtime/server/index.js';
import { createServer, type ViteDevServer } from 'vite';

let server: Promise<ViteDevServer> | undefined;

async function start(): Promise<ViteDevServer> {
  const config = await getViteConfig(
    { server: { middlewareMode: true, ws: false, watch: null } },
    { logLevel: 'error' },
  )({ mode: 'production', command: 'serve' });
  return createServer({ ...config, configFile: false, appType: 'custom', logLevel: 'error' });
}

interface Rendering {
  props?: Record<string, unknown>;
  slots?: Record<string, string>;
  /** The address of the page that the component stands on. */
  url?: string;
  headers?: Record<string, string>;
}

/**
 * The HTML of a component, as the server sends it. `path` starts at the project's root:
 * "/src/components/…".
 */
export async function render(
  path: string,
  { props = {}, slots = {}, url = 'http://localhost/w/summit/leads', headers = {} }: Rendering = {},
): Promise<string> {
  server ??= start();
  const { default: component } = (await (await server).ssrLoadModule(path)) as {
    default: AstroComponentFactory;
  };
  const container = await AstroContainer.create();
  return container.renderToString(component, {
    props,
    slots,
    request: new Request(url, { headers }),
  });
}

export async function stopRendering(): Promise<void> {
  await (await server)?.close();
  server = undefined;
}
