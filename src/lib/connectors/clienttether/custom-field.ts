/** The paths of a standard or custom field, which lies at the top level or in `custom_fields`. */
export function customField(name: string): string[] {
  const isPlain = /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(name);
  const quoted = `["${name.replaceAll(/["\\]/g, String.raw`\$&`)}"]`;
  return isPlain ? [name, `custom_fields.${name}`] : [quoted, `custom_fields${quoted}`];
}
