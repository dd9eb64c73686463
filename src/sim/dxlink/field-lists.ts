/** Which fields a channel announces for each event type. */
import type { SimKnobs } from '../sim-knobs.ts';
import type { EventType, FieldSpec } from './event-schema.ts';
import { EVENT_SCHEMAS } from './event-schema.ts';

/**
 * The list for a type: what the client asked for, in its order, without what the server does not
 * know; all fields in the server's order where it asked for none.
 */
export function fieldsToAnnounce(
  type: EventType,
  asked: readonly string[] | undefined,
  knobs: SimKnobs,
): FieldSpec[] {
  const known = EVENT_SCHEMAS[type].filter((spec) => `${type}.${spec.name}` !== knobs.dropField);
  const chosen = asked === undefined ? [...known] : inAskedOrder(known, asked);
  return knobs.reorderFields ? chosen.toReversed() : chosen;
}

function inAskedOrder(known: readonly FieldSpec[], asked: readonly string[]): FieldSpec[] {
  return asked.flatMap((name) => known.find((spec) => spec.name === name) ?? []);
}
