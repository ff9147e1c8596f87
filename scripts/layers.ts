import { checkLayers } from './layers/check.ts';

/** Lists imports that break the order of the rooms, and fails when there are any. */
const { files, violations } = await checkLayers(process.cwd());
for (const line of violations) process.stderr.write(`${line}\n`);
process.stdout.write(`${files} files, ${violations.length} forbidden imports\n`);
process.exitCode = violations.length === 0 ? 0 : 1;
