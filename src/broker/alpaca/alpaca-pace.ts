/** Alpaca's ceilings: 200 requests an account in any minute, and as many for its market data. */
import type { PacePlan } from '../request-pacer.ts';

/** A minute, and two seconds for requests that are longer on their way than others. */
const WINDOW = { windowMicros: 62_000_000 };
const DATA = '(?:v2/stocks|v1beta1)/';

/** What the own books need is some hundred, and closes that hurry and are moved by a cancel some seventy in
 * their first minute: faces have what both leave. A picture is four or five requests. */
const SHARES = { search: 180, move: 160, read: 152, entry: 150, picture: 145, look: 125 };

export const ALPACA_PACE: PacePlan = [
  {
    limit: 200,
    ...WINDOW,
    covers: new RegExp(`^\\w+ /(?!${DATA})`),
    shares: SHARES,
  },
  { limit: 200, ...WINDOW, covers: new RegExp(`^\\w+ /${DATA}`) },
];
