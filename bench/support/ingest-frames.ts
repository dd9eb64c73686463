/** Frames of quotes as a Java server writes them, each carrying its number in the last ask size. */
import { streamerSymbol } from '../../src/engine/domain/instrument.ts';
import { dollarsFromPrice } from '../../src/engine/domain/units.ts';
import { QUOTE_CHANNEL } from './quote-frames.ts';
import { nudged, type SampleChain } from './sample-chain.ts';

/** Added to a frame's number, so that it is always written with as many digits. */
export const FIRST_NUMBER = 1_000_000;
const NUMBER_DIGITS = 7;
const TAIL = '.0]]}';

function javaNumber(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** `count` frames of `events` quotes each in COMPACT form, over all contracts by turns. */
export function numberedFrames(sample: SampleChain, count: number, events: number): Buffer[] {
  const { contracts, quotes } = sample;
  return Array.from({ length: count }, (_, turn) => {
    const rows: string[] = [];
    for (let i = 0; i < events; i += 1) {
      const row = (turn * events + i) % contracts.length;
      const [contract, quote] = [contracts[row], quotes[row]];
      if (contract === undefined || quote === undefined) continue;
      const { bid, ask, bidSize } = nudged(quote, turn);
      const sides = [bid, ask].map((side) =>
        javaNumber(side === undefined ? 0 : dollarsFromPrice(side)),
      );
      const askSize = i === events - 1 ? FIRST_NUMBER : 1 + ((turn + i) % 900);
      rows.push(
        [
          `"${streamerSymbol(contract)}"`,
          ...sides,
          javaNumber(bidSize),
          javaNumber(askSize),
        ].join(),
      );
    }
    return Buffer.from(
      `{"type":"FEED_DATA","channel":${QUOTE_CHANNEL},"data":["Quote",[${rows.join()}]]}`,
    );
  });
}

/** Writes a frame's number into it. */
export function numberFrame(frame: Buffer, number: number): void {
  frame.write(String(FIRST_NUMBER + number), frame.length - TAIL.length - NUMBER_DIGITS, 'latin1');
}
