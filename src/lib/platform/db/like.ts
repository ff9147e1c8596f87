/** A pattern for LIKE and ILIKE that finds text anywhere, whatever signs it holds. */
export const containing = (text: string): string => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
