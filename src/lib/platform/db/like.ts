/** A pattern for LIKE and ILIKE that finds text anywhere, whatever signs it holds. */
export const toLikePattern = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
