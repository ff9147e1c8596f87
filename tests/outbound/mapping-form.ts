import type { FieldMapping, TargetField } from '#lib/connectors/contract/destination.ts';
import { splitRow } from '#lib/mappings/row-parts.ts';

/** The inputs of the mapping page for the given rows, as a browser sends them. */
export function toForm(
  rows: readonly FieldMapping[],
  findField: (row: FieldMapping) => TargetField | undefined = () => undefined,
): Record<string, string> {
  return Object.fromEntries(
    rows.flatMap((row, index) => {
      const { origin, sources, steps, table = [] } = splitRow(row, findField(row));
      const source = { field: 'key' in origin ? origin.key : '', text: '=', list: '+' }[origin.by];
      const inputs: Record<string, string> = {
        role: row.role,
        target: row.target,
        source: sources.length + steps.length === 0 && origin.by === 'list' ? '' : source,
        constant: 'text' in origin ? origin.text : '',
        sources: sources.join(', '),
        steps: steps.length === 0 ? '' : JSON.stringify(steps),
        fallback: row.fallback === undefined ? '' : JSON.stringify(row.fallback),
        rule: row.rule,
      };
      for (const [at, { from, to }] of table.entries()) {
        inputs[`label.${at}.ours`] = from;
        inputs[`label.${at}.theirs`] = to;
      }
      return Object.entries(inputs).map(([name, value]) => [`row.${index}.${name}`, value]);
    }),
  );
}
