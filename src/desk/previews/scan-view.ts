/** The straddle scan as the faces show it. */
import type { At } from '../../engine/domain/clock.ts';
import type { Bar, ChainSlice } from '../../engine/domain/market.ts';
import { deny, type Outcome } from '../../engine/domain/verdict.ts';
import { scanStraddles } from '../../strategies/straddle-scan.ts';
import type { ScanView } from '../engine-api.ts';
import type { ScanRequest } from '../engine-api-requests.ts';

/** Ranks long straddles on a slice read from shared memory. */
export function scanView(
  market: {
    readonly at: At;
    readonly slice: ChainSlice | undefined;
    readonly bars: readonly Bar[];
  },
  request: ScanRequest,
): Outcome<ScanView> {
  const { at, slice, bars } = market;
  if (slice === undefined) {
    const message =
      'there is no open 0DTE chain now; market_status says when the next session opens';
    return deny('session_window', message);
  }
  const scan = scanStraddles({ at, slice, bars }, request);
  if ('denied' in scan) return scan;
  const candidates = scan.rows.map((row) =>
    Object.fromEntries(
      Object.entries({ impliedVol: null, volume: null, ...row }).map(([name, value]) => [
        name,
        value ?? null,
      ]),
    ),
  );
  return { candidates, rejected: scan.excluded, note: scan.note };
}
