import { z } from 'zod';

/** A page of an OData 4 list. `@odata.nextLink` is absent on the last page. */
export const odataList = z.looseObject({
  value: z.array(z.unknown()),
  '@odata.nextLink': z.string().optional(),
});
