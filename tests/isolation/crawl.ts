import { findAll, parseHtml, type Element } from '../helpers/html.ts';
import type { WebClient } from '../helpers/web.ts';
import { common } from './canaries.ts';
import { unzip } from './unzip.ts';

/** Everything that came back for one request: status, headers and body, archives unpacked. */
export interface Answer {
  asked: string;
  status: number;
  text: string;
}

interface Form {
  action: string;
  fields: Record<string, string>;
}

export interface Crawl {
  answers: Answer[];
  forms: Form[];
}

/**
 * Addresses that differ in values only are looked at so many times; a crawl ends after so many
 * answers.
 */
const perShape = 2;
const mostAnswers = 170;
const id = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g;

/**
 * Follows every link, every form that asks by address and every address that scripts ask, from
 * `starts` on.
 */
export async function crawl(client: WebClient, starts: string[]): Promise<Crawl> {
  const queue = [...starts];
  const known = new Set(queue);
  const shapes = new Map<string, number>();
  const found: Crawl = { answers: [], forms: [] };
  for (
    let path = queue.shift();
    path !== undefined && found.answers.length < mostAnswers;
    path = queue.shift()
  ) {
    const seen = shapes.get(shapeOf(path)) ?? 0;
    if (seen >= perShape) continue;
    shapes.set(shapeOf(path), seen + 1);
    const { answer, html, location } = await ask(client, path);
    found.answers.push(answer);
    const root = html === undefined ? undefined : parseHtml(html);
    for (const next of [
      ...(location === null ? [] : [location]),
      ...(root === undefined ? [] : linksOf(root)),
    ]) {
      const url = URL.parse(next, new URL(path, 'http://here.test'));
      if (url === null || url.host !== 'here.test') continue;
      const address = url.pathname + url.search;
      if (!known.has(address)) queue.push(address);
      known.add(address);
    }
    for (const form of root === undefined ? [] : postsOf(root, path))
      if (!found.forms.some((other) => nameOf(other) === nameOf(form))) found.forms.push(form);
  }
  return found;
}

/** One request, with all that came back. */
export async function ask(
  client: WebClient,
  path: string,
  init: RequestInit = {},
): Promise<{ answer: Answer; html?: string; location: string | null }> {
  const response = await client.fetch(path, init);
  const body = Buffer.from(await response.arrayBuffer());
  const type = response.headers.get('content-type') ?? '';
  const texts = type.includes('spreadsheetml') ? unzip(body) : [body.toString('utf8')];
  const headers = [...response.headers].map((pair) => pair.join(': '));
  const answer = {
    asked: `${init.method ?? 'GET'} ${path}`,
    status: response.status,
    text: [...headers, ...texts].join('\n'),
  };
  return {
    answer,
    location: response.headers.get('location'),
    ...(type.startsWith('text/html') ? { html: body.toString('utf8') } : {}),
  };
}

/** The address without its values. */
function shapeOf(path: string): string {
  const url = new URL(path, 'http://here.test');
  const names = [...url.searchParams.keys()].toSorted();
  return `${url.pathname.replaceAll(id, ':id')}?${names.join('&')}`;
}

const nameOf = ({ action, fields }: Form): string =>
  `${new URL(action, 'http://here.test').pathname} ` +
  `${fields['intent'] ?? Object.keys(fields).join()}`;

function linksOf(root: Element): string[] {
  const attributes = (name: string) =>
    findAll(root, `[${name}]`).flatMap((element) => element.attributes[name] ?? []);
  const asking = findAll(root, 'form').filter(
    ({ attributes: { method = 'get' } }) => method.toLowerCase() === 'get',
  );
  return [
    ...attributes('href'),
    ...attributes('data-sync'),
    ...attributes('data-notes-more'),
    ...asking.flatMap(addressesOf),
  ];
}

/**
 * What a form can ask for: each choice of each list by itself, and the common text in its search
 * field.
 */
function addressesOf(form: Element): string[] {
  const kept = findAll(form, 'input')
    .filter(({ attributes }) => attributes['type'] === 'hidden')
    .map(
      ({ attributes }) => [attributes['name'] ?? '', attributes['value'] ?? ''] as [string, string],
    );
  const to = (more: [string, string]) =>
    `${(form.attributes['action'] ?? '').split('#')[0]}?${new URLSearchParams([...kept, more])}`;
  const searches = findAll(form, 'input')
    .filter(({ attributes }) => attributes['type'] === 'search')
    .map(({ attributes }) => to([attributes['name'] ?? '', common]));
  const choices = findAll(form, 'select').flatMap((select) =>
    findAll(select, 'option').map((option) =>
      to([select.attributes['name'] ?? '', option.attributes['value'] ?? '']),
    ),
  );
  return [...searches, ...choices];
}

/** Forms that post, one for each of their buttons. */
function postsOf(root: Element, path: string): Form[] {
  return findAll(root, 'form')
    .filter(({ attributes }) => attributes['method']?.toLowerCase() === 'post')
    .flatMap((form) => {
      const fields = Object.fromEntries(
        [...findAll(form, 'input'), ...findAll(form, 'select')].map(({ attributes, children }) => [
          attributes['name'] ?? '',
          attributes['value'] ?? (children.length > 0 ? 'viewer' : common),
        ]),
      );
      const buttons = findAll(form, 'button').filter(
        ({ attributes }) => attributes['name'] !== undefined,
      );
      const action = form.attributes['action'] || path;
      return buttons.length === 0
        ? [{ action, fields }]
        : buttons.map(({ attributes }) => ({
            action,
            fields: { ...fields, [attributes['name'] ?? '']: attributes['value'] ?? '' },
          }));
    });
}
