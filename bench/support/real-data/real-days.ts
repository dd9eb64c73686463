/** Recorded days, played through the wire and checked at every step. */
import { QuoteServer } from '../quote-server.ts';
import type { ChainTally, ReferenceTally } from './chain-checks.ts';
import { checkChain, compareReference, NOTHING_SEEN } from './chain-checks.ts';
import type { RealDay, ReferencePoint } from './real-sets.ts';
import { playDay } from './wire-player.ts';

export interface PlayedDays {
  readonly days: number;
  readonly steps: number;
  readonly faults: readonly string[];
  readonly tally: ChainTally;
  readonly gaps: ReferenceTally;
}

export interface PlayPlan {
  readonly days: readonly RealDay[];
  /** Volatilities worked out elsewhere; empty = none to compare with. */
  readonly reference: ReadonlyMap<string, ReferencePoint>;
  readonly onDay: (done: number, faults: number) => void;
}

/** Plays the days one after the other over one server. */
export async function playDays({ days, reference, onDay }: PlayPlan): Promise<PlayedDays> {
  const server = await QuoteServer.listen();
  const faults: string[] = [];
  const tally = { ...NOTHING_SEEN };
  const gaps: ReferenceTally = { forwardGaps: [], volGaps: [], deltaGaps: [] };
  let steps = 0;
  try {
    for (const [index, day] of days.entries()) {
      await playDay(server, day, (seen) => {
        steps += 1;
        faults.push(...checkChain(seen, tally));
        compareReference(seen, reference, gaps);
      });
      onDay(index + 1, faults.length);
    }
  } finally {
    await server.close();
  }
  return { days: days.length, steps, faults, tally, gaps };
}
