/** Alpaca's ceilings: 200 requests an account in any minute, and as many for its market data. */
import type { PacePlan } from '../request-pacer.ts';

/** A minute, and two seconds for requests that are longer on their way than others. */
const WINDOW = { windowMicros: 62_000_000 };
const DATA = '(?:v2/stocks|v1beta1)/';

export const ALPACA_PACE: PacePlan = [
  {
    limit: 200,
    ...WINDOW,
    covers: new RegExp(`^\\w+ /(?!${DATA})`),
    shares: { search: 180, move: 160, entry: 160, read: 140, look: 50 },
  },
  { limit: 200, ...WINDOW, covers: new RegExp(`^\\w+ /${DATA}`) },
];
