/*
 * Names of countries, languages and currencies, as the tables of Intl have them in the languages in
 * which most systems of sales write.
 */

const languages = ['en', 'de', 'es', 'fr', 'it', 'nl', 'pt'];

/** A name without case, accents and signs, so that spellings of one name are equal. */
export function foldName(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{Sc}]/gu, '');
}

/** The codes of some things by their folded names in all languages; the first of two wins. */
export function indexNames(
  type: 'region' | 'language' | 'currency',
  codes: readonly string[],
): Map<string, string> {
  const index = new Map<string, string>();
  for (const language of languages) {
    const names = new Intl.DisplayNames(language, { type, fallback: 'none' });
    for (const code of codes) {
      const name = names.of(code);
      if (name !== undefined) setOnce(index, foldName(name), code);
    }
  }
  return index;
}

export function setOnce(index: Map<string, string>, name: string, code: string): void {
  if (name !== '' && !index.has(name)) index.set(name, code);
}
