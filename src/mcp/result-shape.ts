/** The schema of a whole result. */
import { z } from 'zod';
import { deniedShape, stampShape } from './output-shapes.ts';

/**
 * The stamp, always; the tool's own fields, all there on success; `denied` alone on a refusal. So
 * only the stamp is required of every result.
 */
export function resultShape(fields: z.ZodRawShape): z.ZodObject {
  const optional = Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, z.optional(field)]),
  );
  return z.object({ ...stampShape, ...optional, denied: deniedShape.optional() });
}
