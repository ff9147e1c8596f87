/**
 * Parses the `name=value` pairs, separated by semicolons, of DKIM, DMARC, MTA-STS, TLS reporting
 * and BIMI records. Names are lower-cased, and the first tag of a name wins. Never throws.
 */
export function parseTags(text: string): Map<string, string> {
  const pairs = text.split(';').flatMap((part) => {
    const [, name = '', value = ''] = /^\s*([a-z]+)\s*=(.*)$/is.exec(part) ?? [];
    return name === '' ? [] : [[name.toLowerCase(), value.trim()] as const];
  });
  return new Map(pairs.toReversed());
}

/**
 * Names of tags that a record has more than once, for which the grammar of RFC 6376, section 3.2,
 * makes the whole list invalid.
 */
export function findDuplicateTags(text: string): string[] {
  const names = text
    .split(';')
    .flatMap((part) => /^\s*([a-z]+)\s*=/i.exec(part)?.[1]?.toLowerCase() ?? []);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/**
 * The first text that was probably meant as a record of `version`, such as DMARC1, but does not
 * begin with it as the standard demands: other case, blanks, quotes, a separator or its place.
 */
export function findNearMiss(
  texts: readonly string[],
  version: string,
  isRecord: (text: string) => boolean,
): string | undefined {
  const wanted = version.toLowerCase();
  return texts.find((text) => {
    const plain = text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
    const isElsewhere = new RegExp(`(?:^|[;\\s])v\\s*=\\s*${wanted}\\b`, 'i').test(text);
    return (
      !isRecord(text) && (plain.startsWith(`v${wanted}`) || plain.startsWith(wanted) || isElsewhere)
    );
  });
}

/** Characters that a message quotes of a record. */
const MAX_QUOTED = 80;

/** Names a near miss in a message; empty when there is none. */
export const describeNearMiss = (text: string | undefined, begin: string): string =>
  text === undefined
    ? ''
    : ` "${text.slice(0, MAX_QUOTED)}" looks like one but does not begin with "${begin}", so ` +
      'receivers do not read it. Correct it.';
