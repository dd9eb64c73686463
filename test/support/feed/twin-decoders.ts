import { expect } from 'vitest';
import { epochMicrosFromMillis } from '../../../src/engine/domain/units.ts';
import { ByteFrameDecoder } from '../../../src/engine/feed/byte-frame-decoder.ts';
import { JsonFrameDecoder } from '../../../src/engine/feed/json-frame-decoder.ts';
import { OPEN_MILLIS } from './client-rig.ts';
import { recordingCalls } from './recording-calls.ts';

const at = {
  market: epochMicrosFromMillis(OPEN_MILLIS),
  wall: epochMicrosFromMillis(OPEN_MILLIS),
};
const BEFORE = 'earlier bytes 7.25';

/**
 * The byte decoder beside the complete one, on channel 1: each frame goes to both, and both have to
 * make the same calls. The bytes stand in the middle of a larger buffer, as they do in a socket's.
 */
export function twinDecoders(symbols: readonly string[]) {
  const byBytes = recordingCalls();
  const complete = recordingCalls();
  let heard: string[] = [];
  const bytes = new ByteFrameDecoder({
    ...byBytes.sink,
    heard: (type, symbol) => heard.push(`heard ${type} ${symbol}`),
    live: (type) => heard.push(`live ${type}`),
  });
  const json = new JsonFrameDecoder(complete.sink);
  bytes.know(symbols);
  for (const decoder of [bytes, json]) decoder.openChannel(1);
  return {
    bytes,
    get slowFrames() {
      return bytes.slowFrames;
    },
    /** Tells both a frame, `behind` being what follows it in the buffer; returns the calls made. */
    says(frame: string, behind = '12.5]]}') {
      const buffer = Buffer.from(BEFORE + frame + behind, 'latin1');
      const end = buffer.length - behind.length;
      const isData = bytes.decodeBytes({ bytes: buffer, start: BEFORE.length, end }, at);
      const text = buffer.toString('utf8', BEFORE.length, end);
      expect(isData).toBe(json.decodeFrame(text, at));
      const calls = byBytes.calls.splice(0);
      expect(calls).toEqual(complete.calls.splice(0));
      return calls;
    },
    takeHeard() {
      const told = heard;
      heard = [];
      return told;
    },
  };
}
