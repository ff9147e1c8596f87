import { afterAll, beforeAll, describe } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { openAcademy, type Academy } from './academy.ts';
import { missing } from './files.ts';
import { bookChecks } from './books.ts';
import { leadChecks } from './leads.ts';
import { listChecks } from './lists.ts';
import { pipelineChecks } from './pipeline.ts';

const db = useDatabase();
let academy: Academy;

describe.skipIf(missing)(
  `6,000 real leads and 8,800 real deals${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    beforeAll(async () => {
      academy = await openAcademy(db.url);
    });
    afterAll(() => academy?.stop());
    leadChecks(() => academy);
    pipelineChecks(() => academy);
    listChecks(() => academy);
    bookChecks(db, () => academy);
  },
);
