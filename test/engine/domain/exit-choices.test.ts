import { describe, expect, it } from 'vitest';
import {
  CONDOR_STOPS,
  EXIT_POLICIES,
  STANDARD_EXITS,
  STOP_CONFIRMATIONS,
  URGENCIES,
} from '../../../src/engine/domain/exit-choices.ts';

describe('what holds where nothing was chosen', () => {
  it('is offered, and first among what is', () => {
    const { policy, condorStop, confirmation, profitTargetPercent } = STANDARD_EXITS;
    expect([policy, condorStop, confirmation]).toEqual([
      EXIT_POLICIES[0],
      CONDOR_STOPS[0],
      STOP_CONFIRMATIONS[0],
    ]);
    expect(profitTargetPercent).toBeUndefined();
  });
});

describe('the ladders', () => {
  it('are named from the slowest to the fastest', () => {
    expect(URGENCIES).toEqual(['patient', 'normal', 'fast', 'urgent']);
  });
});
