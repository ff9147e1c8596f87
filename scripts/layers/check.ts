import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { rooms } from './rooms.ts';
import { layerRules } from './rules.ts';
import { copySources } from './sources.ts';

export interface LayerCheck {
  /** The number of files checked. */
  files: number;
  /** One line for each forbidden import and for each import cycle. */
  violations: string[];
}

const folders = rooms.map((room) => room.path);

/** Checks the imports of the tree under `root`, including Astro files and type imports. */
export async function checkLayers(root: string): Promise<LayerCheck> {
  const copy = mkdtempSync(path.join(tmpdir(), 'tributary-layers-'));
  try {
    copySources(root, folders, copy);
    symlinkSync(path.resolve('node_modules'), path.join(copy, 'node_modules'));
    return await cruiseCopy(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

async function cruiseCopy(copy: string): Promise<LayerCheck> {
  const { output } = await cruise(
    folders.filter((folder) => existsSync(path.join(copy, folder))),
    {
      baseDir: copy,
      ruleSet: layerRules(),
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      preserveSymlinks: true,
    },
    { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  );
  const { modules, summary } = output as ICruiseResult;
  return {
    files: modules.length,
    violations: summary.violations.map(
      ({ rule, from, to }) => `${rule.name}: ${from} imports ${to}`,
    ),
  };
}
