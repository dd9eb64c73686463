/** tastytrade publishes no table of its limits; these are the ceilings of its own client. */
import type { Ceiling, PacePlan } from '../request-pacer.ts';

/** A second, and a tenth for requests that are longer on their way than others. */
const WINDOW = { windowMicros: 1_100_000 };

/** One request a second, of which the engine's own books need most. */
function single(path: string): Ceiling {
  return { limit: 1, ...WINDOW, covers: covering(path), looksAfterMicros: 2_200_000 };
}

function covering(path: string): RegExp {
  return new RegExp(`^GET /${path}(?:[/?]|$)`);
}

export const TASTYTRADE_PACE: PacePlan = [
  single('accounts/[^/]+/positions'),
  single('accounts/[^/]+/balances'),
  single('accounts/[^/]+/trading-status'),
  single('customers/me/accounts'),
  { limit: 2, ...WINDOW, covers: covering('market-data/by-type') },
  { limit: 2, ...WINDOW, covers: covering('option-chains') },
  { limit: 2, ...WINDOW, covers: /^GET \/instruments\/equities(?:\?|$)/ },
  { limit: 3, ...WINDOW, covers: covering('instruments/equities/[^/?]+') },
  { limit: 3, ...WINDOW, covers: covering('instruments/equity-options/[^/?]+') },
  { limit: 4, ...WINDOW, covers: /^POST \/accounts\/[^/]+\/orders\/dry-run$/ },
  {
    limit: 50,
    ...WINDOW,
    covers: /^/,
    shares: { search: 45, entry: 40, read: 30, picture: 30, look: 15 },
  },
];
