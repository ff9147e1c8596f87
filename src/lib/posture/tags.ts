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
