/**
 * `name=value` pairs between semicolons, as DKIM, DMARC, MTA-STS, TLS reporting and BIMI write
 * them. Names in lower case; the first tag of a name counts. Never throws.
 */
export function parseTags(text: string): Map<string, string> {
  const pairs = text.split(';').flatMap((part) => {
    const [, name = '', value = ''] = /^\s*([a-z]+)\s*=(.*)$/is.exec(part) ?? [];
    return name === '' ? [] : [[name.toLowerCase(), value.trim()] as const];
  });
  return new Map(pairs.toReversed());
}
