import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { markdown, wrapped, type Part } from './report.ts';
import { reduction } from './scale.ts';

const benchmarks = 'docs/benchmarks.md';

/**
 * Puts what was found into the document of the part, between its marks; what people wrote around
 * them stays.
 */
export function writeReport(part: Part, postgres: string): void {
  const file = part.file ?? benchmarks;
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '# Benchmarks\n';
  const body = `${wrapped(stamp(postgres))}\n\n${part.tables.map(markdown).join('\n')}`;
  writeFileSync(file, replacePart(text, part, body));
}

function replacePart(text: string, { name }: Part, body: string): string {
  const [start, end] = [`<!-- ${name}: measured -->`, `<!-- ${name}: end -->`];
  const block = `${start}\n${body}\n${end}`;
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  return from < 0 || to < 0
    ? `${text.trimEnd()}\n\n## ${name}\n\n${block}\n`
    : `${text.slice(0, from)}${block}${text.slice(to + end.length)}`;
}

/** Date, machine, versions and commit of a run. */
function stamp(postgres: string): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown';
  const machine = `${cpus().length} cores (${model}), ${Math.round(totalmem() / 1024 ** 3)} GiB`;
  return (
    `Measured on ${new Date().toISOString().slice(0, 10)}: ${machine}, Node ` +
    `${process.versions.node}, PostgreSQL ${postgres}, commit ${commit()}.` +
    (reduction === '' ? '' : ` A quick look, not the whole run: ${reduction}.`)
  );
}

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
    const measured = ['src', 'bench', 'scripts', 'sandbox', 'worker'];
    const isClean = git('status', '--porcelain', '--', ...measured) === '';
    return `${git('rev-parse', '--short', 'HEAD')}${isClean ? '' : ' with changes'}`;
  } catch {
    return 'unknown';
  }
}
