import { globSync, readFileSync } from 'node:fs';
import type { Endpoint } from '#lib/http-api/endpoint.ts';
import { endpoints } from '#lib/http-api/endpoints.ts';

/** A route, and what its source says that it reads. */
export interface Route {
  /** Below src/pages. */
  file: string;
  /** The address with its parameters in brackets: `/w/[tenant]/leads`. */
  pattern: string;
  /** The forms of a page: the buttons and the fields of the actions that it calls. */
  form: { buttons: string[]; fields: string[] } | undefined;
  /** The endpoints of the API document at this address. */
  endpoints: Endpoint[];
}

/** All routes, found in the source: nothing has to be registered for a new one to be tried. */
export function readRoutes(): Route[] {
  return globSync('src/pages/**/*.{astro,ts}')
    .map((file) => file.replace(/^src\/pages\//, ''))
    .toSorted()
    .map((file) => {
      const pattern = `/${file.replace(/\.(astro|ts)$/, '').replace(/(^|\/)index$/, '')}`;
      const documented = pattern.replaceAll(/\[(?:\.\.\.)?(\w+)\]/g, '{$1}');
      return {
        file,
        pattern,
        form: readForm(readFileSync(`src/pages/${file}`, 'utf8')),
        endpoints: endpoints.filter(({ path }) => path === documented),
      };
    });
}

/** The names of all parameters that code reads from an address. */
export function readParameters(): string[] {
  const sources = globSync('src/**/*.{astro,ts}')
    .filter((file) => !/src\/lib\/(connectors|connections|posture)\//.test(file))
    .map((file) => readFileSync(file, 'utf8'))
    .filter((source) => /searchParams|URLSearchParams/.test(source));
  return unique(
    sources.flatMap((source) => [
      ...matches(source, /\.(?:get|has|getAll)\('([\w.-]+)'\)/g),
      ...matches(source, /^ {2}(\w+): [^;]*[,({]$/gm),
      ...matches(source, /^ {2}'([\w-]+)',$/gm),
    ]),
  ).filter((name) => name.length < 30);
}

/**
 * The buttons and fields in the actions that a page imports. A page that imports none takes no
 * form.
 */
function readForm(page: string): Route['form'] {
  const files = matches(page, /from '(?:\.\.\/)+actions\/([\w-]+)\.ts'/g);
  if (files.length === 0) return undefined;
  const sources = files.map((name) => readFileSync(`src/actions/${name}.ts`, 'utf8'));
  return {
    buttons: unique(sources.flatMap((source) => matches(source, /^ {2,6}'?([\w-]+)'?: /gm))),
    fields: unique(
      sources.flatMap((source) => [
        ...matches(source, /(\w+): (?:text\b|z\.|\w+Field\b|basedOn\b)/g),
        ...matches(source, /fields\['([\w.-]+)'\]/g),
        // `secret.`, `setting.` and `lead:`, which begin the names of further fields.
        ...matches(source, /'([a-z]+[.:])'/g),
      ]),
    ),
  };
}

const matches = (source: string, pattern: RegExp): string[] =>
  [...source.matchAll(pattern)].map(([, name = '']) => name);
const unique = (names: string[]): string[] => [...new Set(names)].toSorted();
