import { parseArgs } from 'node:util';
import { withDemo } from './budgets/demo-server.ts';
import { weighSite, type WeighedPage } from './budgets/site.ts';
import type { Weight } from './budgets/weigh.ts';
import { demoPassword } from './demo.ts';

/**
 * Weighs every page as a browser receives it, gzipped, and fails when one exceeds its budget.
 *
 *     npm run budgets                                  starts a demo server for the run
 *     npm run budgets -- --url http://localhost:4321   uses a server that is already running
 *
 * --tenant, --email and --password choose the workspace and the account; without them it is the
 * demo's `summit` and its admin.
 */
async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { url: text, tenant: text, email: text, password: text },
  });
  const { tenant: slug = 'summit', email = `admin@${slug}.test`, password = demoPassword } = values;
  const weighAt = (url: string) => weighSite({ url, slug, email, password });
  const pages =
    values.url === undefined ? await withDemo(slug, weighAt) : await weighAt(values.url);
  for (const page of pages) process.stdout.write(formatLine(page));
  process.exitCode = pages.every(({ excesses }) => excesses.length === 0) ? 0 : 1;
}

function formatLine({ path, weight, excesses }: WeighedPage): string {
  const isOver = excesses.length > 0;
  const figures = (Object.keys(weight) as (keyof Weight)[])
    .map((part) => `${part} ${weight[part].toFixed(1)}`)
    .join('  ');
  const why = isOver ? `  (${excesses.join(', ')})` : '';
  return `${isOver ? 'OVER' : 'ok  '} ${path.padEnd(24)} ${figures}${why}\n`;
}

await main();
