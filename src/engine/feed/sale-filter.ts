import type { SaleUpdate } from './feed-handler.ts';

/** Prints of one symbol that are remembered: a repeated one among them is not delivered again. */
export const REMEMBERED_SALES = 1_024;
/** Symbols whose prints are remembered; beyond it all are forgotten once. */
const MAX_SYMBOLS = 1_000;

/**
 * Tells new prints from repeated ones by time, sequence and kind. Servers send prints again and out
 * of order after a reconnect. A print without a sequence cannot be told apart and counts as new.
 */
export class SaleFilter {
  private readonly seen = new Map<string, Set<string>>();

  /** True where the print was not seen before. */
  isNew(symbol: string, sale: SaleUpdate): boolean {
    if (sale.sequence === undefined) return true;
    const seen = this.seenOf(symbol);
    const key = `${sale.timeMillis}:${sale.sequence}:${sale.kind}`;
    if (seen.has(key)) return false;
    seen.add(key);
    if (seen.size > REMEMBERED_SALES) {
      const [oldest] = seen;
      if (oldest !== undefined) seen.delete(oldest);
    }
    return true;
  }

  private seenOf(symbol: string): Set<string> {
    const known = this.seen.get(symbol);
    if (known !== undefined) return known;
    if (this.seen.size >= MAX_SYMBOLS) this.seen.clear();
    const seen = new Set<string>();
    this.seen.set(symbol, seen);
    return seen;
  }
}
