/** What quotes bring is lifted once it was not so for some seconds: at its edge every other quote would bring
 * it and take it away, and each time page. */
import { MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { DeskContext } from '../desk-context.ts';

const LIFTED_AFTER_MICROS = 5 * MICROS_PER_SECOND;

/** True once quotes have not borne out for long enough what `key` names. To be asked at each look while it
 * stands, with whether they do not now. */
export function isLifted({ at, day }: DeskContext, key: string, isCalm: boolean): boolean {
  const { calmSince } = day;
  if (!isCalm) {
    calmSince.delete(key);
    return false;
  }
  const since = calmSince.get(key) ?? at.wall;
  calmSince.set(key, since);
  return at.wall - since >= LIFTED_AFTER_MICROS;
}
