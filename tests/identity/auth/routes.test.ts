import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** Routes for everybody, each with the reason. Whatever is not here calls a guard. */
const publicRoutes: Record<string, string> = {
  '404.astro': 'tells nothing',
  '500.astro': 'tells nothing',
  'problem.astro': 'tells what the middleware hands it, else nothing',
  'sign-in.astro': 'is where people sign in',
  'sign-out.ts': 'ends the session, if there is one',
  'sso/callback/[provider].ts': 'asks for the answer to an attempt of the same browser',
  'two-factor.astro': 'is the second step of signing in',
  'forgot-password.astro': 'answers everybody the same',
  'reset-password.astro': 'asks for the token of a link',
  'invitations/[token].astro': 'asks for the token of a link',
  'api/auth/[...all].ts': 'lets programs sign in and out',
  'api/openapi.json.ts': "tells how the API is called, and of nobody's data",
  'api/webhooks/[provider]/[tenantId]/[connectionId].ts':
    'asks for a signature over the body, or the token of its address',
  'api/webhooks/[provider]/index.ts': 'asks for a signature over the body',
  'healthz.ts': 'tells that the process is alive',
  'readyz.ts': 'tells whether the database answers',
  'metrics.ts': 'asks for the token of METRICS_TOKEN, and is not there without one',
};

const guards = [
  'requireUser',
  'requireUserOfWorkspaces',
  'requireAccess',
  'requireStaff',
  'requireApiUser',
  'requireApiAccess',
  'requireReturnAccess',
  'apiRoute',
];
const guardCall = new RegExp(`\\b(${guards.join('|')})\\(`, 'g');
const files = globSync('src/pages/**/*.{astro,ts}')
  .map((file) => file.replace(/^src\/pages\//, ''))
  .sort();
const sourceOf = (file: string): string => readFileSync(`src/pages/${file}`, 'utf8');
const callsIn = (code: string): string[] =>
  [...code.matchAll(guardCall)].map(([, name = '']) => name);

/** The part of an endpoint that belongs to each exported method. */
function methodsOf(source: string): [string, string][] {
  const parts = source.split(/^export (?:const|(?:async )?function) (?=[A-Z]+\b)/m).slice(1);
  return parts.map((part) => [/^[A-Z]+/.exec(part)?.[0] ?? '', part]);
}

/** The same handler under another method, and the refusal of all other methods. */
const needsNoGuard = /^(HEAD = GET;|ALL = rejectOtherMethods\([^)]*\);)\s*$/;

/** Files of src/actions whose forms ask for no role, each with the reason. */
const actionsWithoutRole: Record<string, string> = {
  'sign-in.ts': 'are for people who are not signed in',
  'invitations.ts': 'ask for the token of a link',
  'account.ts': 'change what belongs to whom requireUser found',
  'people.ts': 'are for whom requireStaff found',
  'workspaces.ts': 'ask for access themselves, to the workspace that was chosen',
};

const guarded = files.filter((file) => !(file in publicRoutes));

describe('every route declares who may use it', () => {
  it('finds the routes', () => {
    expect(files.length).toBeGreaterThan(10);
    expect(files, 'the list of public routes names routes that exist').toEqual(
      expect.arrayContaining(Object.keys(publicRoutes)),
    );
  });

  it.each(guarded.filter((file) => file.endsWith('.astro')))('%s', (file) => {
    const [, frontmatter = ''] = sourceOf(file).split(/^---$/m);
    expect(callsIn(frontmatter), 'calls one guard').toHaveLength(1);
    expect(frontmatter, 'returns the answer of the guard').toMatch(
      new RegExp(
        String.raw`const (\w+) = (?:await )?require\w+\(Astro[^;]*;\s*` +
          String.raw`(if \(\1 instanceof Response\) return \1;|` +
          String.raw`return \1 instanceof Response\s+\? \1\s+:)`,
      ),
    );
    const [beforeGuard = ''] = frontmatter.split(guardCall);
    expect(beforeGuard, 'does nothing before the guard').not.toMatch(
      /\bawait (?!$)|Astro\.request/,
    );
  });

  it.each(guarded.filter((file) => file.endsWith('.ts')))('%s', (file) => {
    const methods = methodsOf(sourceOf(file));
    expect(methods.length, 'exports at least one method').toBeGreaterThan(0);
    for (const [method, code] of methods.filter(([, rest]) => !needsNoGuard.test(rest)))
      expect(callsIn(code), `${method} calls one guard`).toHaveLength(1);
  });

  it.each(files.filter((file) => file.startsWith('w/')))(
    '%s is for people with access to the workspace',
    (file) => {
      expect(new Set(callsIn(sourceOf(file)))).toEqual(new Set(['requireAccess']));
    },
  );

  it.each(guarded.filter((file) => file.startsWith('api/')))('%s answers in JSON', (file) => {
    for (const call of callsIn(sourceOf(file)))
      expect(['requireApiUser', 'requireApiAccess', 'requireReturnAccess', 'apiRoute']).toContain(
        call,
      );
  });
});

describe('every form declares who may send it', () => {
  const actions = globSync('src/actions/*.ts').map((file) => file.replace(/^src\/actions\//, ''));
  const codeOf = (file: string): string => readFileSync(`src/actions/${file}`, 'utf8');
  const formsIn = (code: string): number =>
    [...code.matchAll(/^export (?:const|(?:async )?function) (?:submit|\w+ByForm)/gm)].length;
  const withForms = actions.filter((file) => formsIn(codeOf(file)) > 0);

  it('finds the forms', () => {
    expect(withForms.length).toBeGreaterThan(10);
    expect(withForms, 'the list names files that exist').toEqual(
      expect.arrayContaining(Object.keys(actionsWithoutRole)),
    );
  });

  it.each(withForms.filter((file) => !(file in actionsWithoutRole)))('%s', (file) => {
    const code = codeOf(file);
    const guardsIn = [...code.matchAll(/\b(guarded|requireRole|toActor)\(/g)].length;
    expect(guardsIn, 'has a guard for each form').toBeGreaterThanOrEqual(formsIn(code));
  });

  it('no page handles a form by itself', () => {
    for (const file of files.filter((name) => name.endsWith('.astro')))
      expect(sourceOf(file), file).not.toMatch(/\.formData\(/);
  });

  // With `server` in one of these files Astro opens /_actions/ and reads `?_action=` of every page
  // before its guard (docs/decisions/0022-forms-in-src-actions.md).
  it('there is no second door', () => {
    expect(globSync(['src/actions.*', 'src/actions/index.*'])).toEqual([]);
  });
});
