import { companyEntity } from './company/entity.ts';
import { contactEntity } from './contact/entity.ts';
import type { EntityDefinition } from './definition.ts';
import { leadEntity } from './lead/entity.ts';
import { noteEntity } from './note/entity.ts';
import { opportunityEntity } from './opportunity/entity.ts';
import type { EntityName } from '../records/registry.ts';
import { referralEntity } from './referral/entity.ts';
import { scheduledActivityEntity } from './scheduled-activity/entity.ts';
import { stageEntity } from './stage/entity.ts';

const entities: { [Name in EntityName]: EntityDefinition<Name> } = {
  lead: leadEntity,
  opportunity: opportunityEntity,
  note: noteEntity,
  scheduledActivity: scheduledActivityEntity,
  stage: stageEntity,
  referral: referralEntity,
  company: companyEntity,
  contact: contactEntity,
};

/** The definition of an entity by its name. */
export function getEntityDefinition(name: EntityName): EntityDefinition {
  return entities[name] as unknown as EntityDefinition;
}
