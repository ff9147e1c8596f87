/** An element of a served page; text stands as plain strings among its children. */
export interface Element {
  tag: string;
  attributes: Record<string, string>;
  children: (Element | string)[];
}

const pieces = new RegExp(
  [
    /<!--[\s\S]*?-->|<!doctype[^>]*>/,
    /<(script|style)\b([^>]*)>([\s\S]*?)<\/\1>/,
    /<(\/?)([a-z][\w-]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/,
    /[^<]+|</,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gi',
);
const voids = new Set([
  'area',
  'base',
  'br',
  'col',
  'embed',
  'hr',
  'img',
  'input',
  'link',
  'meta',
  'source',
  'track',
  'wbr',
]);

/**
 * Reads HTML as our pages write it: every element that is not void has its end tag, or closes
 * itself as SVG may.
 */
export function parseHtml(html: string): Element {
  const root: Element = { tag: 'root', attributes: {}, children: [] };
  const open = [root];
  const put = (child: Element | string): void => void open.at(-1)?.children.push(child);
  for (const [
    piece,
    raw,
    rawAttributes = '',
    body = '',
    slash,
    tag = '',
    attributes = '',
  ] of html.matchAll(pieces)) {
    if (raw !== undefined)
      put({ tag: raw.toLowerCase(), attributes: parseAttributes(rawAttributes), children: [body] });
    else if (slash === '/') close(open, tag.toLowerCase());
    else if (slash === '') {
      const element: Element = {
        tag: tag.toLowerCase(),
        attributes: parseAttributes(attributes),
        children: [],
      };
      put(element);
      if (!voids.has(element.tag) && !attributes.endsWith('/')) open.push(element);
    } else if (!piece.startsWith('<!')) put(decode(piece));
  }
  return root;
}

function close(open: Element[], tag: string): void {
  const at = open.findLastIndex((element) => element.tag === tag);
  if (at > 0) open.length = at;
}

function parseAttributes(text: string): Record<string, string> {
  const found = text.matchAll(/([^\s=/"'>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g);
  return Object.fromEntries(
    [...found].map(([, name = '', double, single, bare]) => [
      name.toLowerCase(),
      decode(double ?? single ?? bare ?? ''),
    ]),
  );
}

const named: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

/** Text with its character references resolved. */
function decode(text: string): string {
  return text.replaceAll(
    /&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi,
    (whole, hex: string | undefined, decimal: string | undefined, name = '') =>
      hex !== undefined
        ? String.fromCodePoint(Number.parseInt(hex, 16))
        : decimal !== undefined
          ? String.fromCodePoint(Number(decimal))
          : (named[name.toLowerCase()] ?? whole),
  );
}

const simpleSelector = /^(?:[a-z][\w-]*|[.#][\w-]+|\[[\w-]+\])$/i;

/**
 * All elements below `element` that match, in the order of the page. The selector is a tag,
 * `.class`, `#id` or `[attribute]`. Others are an error, not an empty list: a test that something
 * is absent would always pass.
 */
export function findAll(element: Element, selector: string): Element[] {
  if (!simpleSelector.test(selector)) throw new Error(`This selector is not simple: ${selector}`);
  return element.children.flatMap((child) =>
    typeof child === 'string'
      ? []
      : [...(matches(child, selector) ? [child] : []), ...findAll(child, selector)],
  );
}

/** The first match; a page without one fails the test. */
export function find(element: Element, selector: string): Element {
  const [first] = findAll(element, selector);
  if (first === undefined) throw new Error(`The page has no ${selector}`);
  return first;
}

function matches({ tag, attributes }: Element, selector: string): boolean {
  const name = selector.slice(1);
  if (selector.startsWith('.')) return (attributes['class'] ?? '').split(/\s+/).includes(name);
  if (selector.startsWith('#')) return attributes['id'] === name;
  return selector.startsWith('[') ? selector.slice(1, -1) in attributes : tag === selector;
}

/**
 * What a reader sees of an element, with single blanks; scripts, styles and text for screen readers
 * are left out.
 */
export function readText(element: Element): string {
  return readRawText(element).replaceAll(/\s+/g, ' ').trim();
}

function readRawText(element: Element): string {
  return element.children
    .map((child) =>
      typeof child === 'string'
        ? child
        : ['script', 'style', 'template'].includes(child.tag) || matches(child, '.sr-only')
          ? ''
          : readRawText(child),
    )
    .join('');
}
