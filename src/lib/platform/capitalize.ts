/** The text with its first letter in upper case: "account" becomes "Account". */
export const capitalize = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
