/** What others open is held under the contract's own name: their executions tell no more. */
import type { Instrument } from '../domain/instrument.ts';
import { instrumentSymbol } from '../domain/instrument.ts';

/** The position that executions of foreign orders in this go to. */
export function externalPositionId(instrument: Instrument): string {
  return `external-${instrumentSymbol(instrument).replaceAll(' ', '')}`;
}
