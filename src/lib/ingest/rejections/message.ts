/**
 * The sentence in a stream's message about its rejected records, of which there is at least one.
 */
export function formatRejections(count: number): string {
  return `${count} ${count === 1 ? 'record' : 'records'} could not be read.`;
}

/** A line of a run's message that begins with such a sentence, after the label of its stream. */
const rejectionsLine = /^([^:]+: )\d+ records? could not be read\.(?: (.+))?$/;

/**
 * A run's message (a line for each stream) without the sentences of `formatRejections`; null when
 * it says nothing else. For a page that shows the current number of rejected records itself.
 */
export function omitRejections(message: string): string | null {
  const lines = message.split('\n').flatMap((line) => {
    const [, label, rest] = rejectionsLine.exec(line) ?? [];
    if (label === undefined) return [line];
    return rest === undefined ? [] : [label + rest];
  });
  return lines.length === 0 ? null : lines.join('\n');
}
