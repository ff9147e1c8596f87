/** Of every object. `hs_merged_object_ids` names those that were merged into it. */
export const SYSTEM = ['hs_object_id', 'hubspot_owner_id', 'hs_merged_object_ids'];

/** When an object was created and last changed; types differ in the names of both. */
export const TIMES = ['createdate', 'hs_createdate', 'hs_lastmodifieddate'];
