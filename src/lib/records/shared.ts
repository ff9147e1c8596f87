import { defineFields } from './fields.ts';
import { idLine, instant } from './text.ts';

/** The source's id of an item. Its column is one of those that all entities share. */
export const sourceId = defineFields({
  externalId: {
    kind: 'text',
    label: 'Id at the source',
    record: idLine(),
    shared: true,
    fixed: true,
  },
});

/** The id, and when the source says that the item was created and changed. */
export const sharedFields = defineFields({
  ...sourceId,
  sourceCreatedAt: {
    kind: 'instant',
    label: 'Created',
    record: instant().nullable(),
    shared: true,
    as: 'createdAt',
    mappable: 'createdAt',
    shownIn: 'list',
    export: { width: 18 },
    sort: 'created',
  },
  sourceUpdatedAt: {
    kind: 'instant',
    label: 'Updated',
    record: instant().nullable(),
    shared: true,
    as: 'updatedAt',
    shownIn: 'list',
    export: { width: 18 },
    sort: 'updated',
  },
});
