import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import packed, { inflate } from '@sparticuz/chromium';
import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';

const packageRoot = path.resolve('node_modules', '@sparticuz', 'chromium');

/**
 * Chromium from the npm package: no system package is needed, as root or not. Close it in
 * `afterAll`.
 */
export async function launchBrowser(): Promise<Browser> {
  const home = await unpacked();
  const executablePath = path.join(home, 'chromium');
  const env = {
    ...process.env,
    FONTCONFIG_FILE: path.join(home, 'fonts.conf'),
    XDG_CACHE_HOME: home,
  };
  // In one process, as the package would have it, a page that crashes takes the browser along.
  const args = ['--in-process-gpu', '--disable-webgl', '--font-render-hinting=none'];
  const options = {
    executablePath,
    args,
    env: { ...env, ...(await libraries(home, executablePath)) },
  };
  return retryLaunch(() => chromium.launch(options));
}

/** A busy machine saw Chromium end by SIGSEGV while it started; no page of ours was open yet. */
async function retryLaunch(launch: () => Promise<Browser>, attempts = 3): Promise<Browser> {
  try {
    return await launch();
  } catch (error) {
    if (attempts <= 1 || !String(error).includes('signal=SIGSEGV')) throw error;
    return retryLaunch(launch, attempts - 1);
  }
}

/**
 * Unpacks once for all runs of a version, into a folder that appears whole: two test files may
 * start at once.
 */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  const cache = path.resolve('node_modules', '.cache');
  const home = path.join(cache, `chromium-${version}-xdg`);
  if (existsSync(home)) return home;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(path.join(cache, 'chromium-'));
  await inTemporary(draft, () => packed.executablePath());
  writeFileSync(
    path.join(draft, 'fonts.conf'),
    // Beside this file, wherever the checkout stands: one that is moved or copied keeps its fonts.
    // The cache cannot be named so; it follows XDG_CACHE_HOME.
    `<?xml version="1.0"?><fontconfig><dir prefix="relative">fonts/fonts</dir>` +
      `<cachedir prefix="xdg">font-cache</cachedir></fontconfig>`,
  );
  // Whoever runs the tests next in this checkout may be somebody else.
  for (const file of [draft, path.join(draft, 'chromium')]) chmodSync(file, 0o755);
  try {
    renameSync(draft, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
    rmSync(draft, { recursive: true });
  }
  return home;
}

/**
 * The package unpacks into the system's temporary folder, where another user's half-written copy
 * may lie.
 */
async function inTemporary<Result>(
  directory: string,
  work: () => Promise<Result>,
): Promise<Result> {
  const { TMPDIR } = process.env;
  Object.assign(process.env, { TMPDIR: directory });
  try {
    return await work();
  } finally {
    if (TMPDIR === undefined) Reflect.deleteProperty(process.env, 'TMPDIR');
    else Object.assign(process.env, { TMPDIR });
  }
}

/** Where the system lacks the libraries that Chromium links, those that come with the package. */
async function libraries(home: string, executablePath: string): Promise<Record<string, string>> {
  if (spawnSync(executablePath, ['--version']).status === 0) return {};
  await inTemporary(home, () => inflate(path.join(packageRoot, 'bin', 'al2023.tar.br')));
  return { LD_LIBRARY_PATH: path.join(home, 'al2023', 'lib') };
}

/** A page and everything that went wrong on it. */
export interface Watched {
  context: BrowserContext;
  page: Page;
  /** Script errors, console errors and violations of the content security policy, newest last. */
  complaints: string[];
}

/**
 * Opens a page that keeps its complaints. A response with an error status is no complaint: tests
 * ask for those.
 */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  return { context, page, complaints: watch(page) };
}

/** Keeps what a page complains about. */
export function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(`${page.url()}: ${message.text()}`);
  });
  return complaints;
}

/**
 * No part of the page reaches beyond its sides, and no control beyond the surface that holds it.
 */
export async function expectNothingSticksOut(page: Page): Promise<void> {
  const { content, screen, out } = await page.evaluate(() => {
    const surfaces = '.card, .kpi, .banner, .menu-panel, .dialog, .sidebar, .topbar';
    const controls = [
      ...document.querySelectorAll('a, button, input, select, summary, h1, h2, p'),
    ].filter((element) => {
      const box = element.getBoundingClientRect();
      const surface = element.parentElement?.closest(surfaces)?.getBoundingClientRect();
      // What scrolls sideways by itself, and what only screen readers see.
      if (
        surface === undefined ||
        box.width <= 1 ||
        element.closest('.table-scroll, .board, .segmented, .sr-only')
      )
        return false;
      return box.right > surface.right + 1 || box.left < surface.left - 1;
    });
    const { scrollWidth, clientWidth } = document.documentElement;
    return {
      content: scrollWidth,
      screen: clientWidth,
      out: controls.map((element) => element.outerHTML.slice(0, 160)),
    };
  });
  expect(content, `${page.url()} is wider than the screen`).toBeLessThanOrEqual(screen);
  expect(out, `${page.url()}: beyond the edge of what holds it`).toEqual([]);
}
