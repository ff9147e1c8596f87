import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { allowForLoad } from '../../helpers/patience.ts';

allowForLoad();

/** Prints the packages whose modules Node has loaded, in the order in which it met them. */
const listPackages = `import { registerHooks } from 'node:module';
  const packages = new Set();
  registerHooks({
    load(url, context, next) {
      const [, name] = /.*[/]node_modules[/]((?:@[^/]+[/])?[^/]+)/.exec(url) ?? [];
      if (name !== undefined) packages.add(name);
      return next(url, context);
    },
  });
  await import('./src/lib/identity/auth/auth.ts');
  process.stdout.write([...packages].join(' '));`;

describe('signing in', () => {
  it('loads neither a second query builder nor a mailer that nobody has needed yet', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      listPackages,
    ]);
    const packages = stdout.split(' ');
    expect(packages).toEqual(expect.arrayContaining(['better-auth', 'drizzle-orm', 'pg']));
    expect(packages).not.toContain('kysely');
    expect(packages).not.toContain('nodemailer');
  });
});
