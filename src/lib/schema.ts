/** Every table, for migrations. Code imports a table from the folder that owns it. */
export * from './tenancy/schema.ts';
export * from './auth/schema.ts';
export * from './connections/schema.ts';
export * from './snapshots/schema.ts';
export * from './sync/schema.ts';
export * from './entities/lead/schema.ts';
export * from './entities/opportunity/schema.ts';
export * from './entities/note/schema.ts';
export * from './entities/scheduled-activity/schema.ts';
export * from './entities/stage/schema.ts';
export * from './rollups/lead-metrics/schema.ts';
export * from './rollups/pipeline-stage-counts/schema.ts';
export * from './rollups/hot-list-items/schema.ts';
export * from './rollups/stage-entries/schema.ts';
export * from './rollups/dated-counts/schema.ts';
export * from './reports/schema.ts';
