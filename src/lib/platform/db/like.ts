/** A pattern for LIKE and ILIKE that finds text anywhere; wildcards in it are escaped. */
export const toLikePattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
