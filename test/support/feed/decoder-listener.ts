import { epochMicrosFromMillis } from '../../../src/engine/domain/units.ts';
import { JsonFrameDecoder } from '../../../src/engine/feed/json-frame-decoder.ts';
import { OPEN_MILLIS } from './client-rig.ts';
import { recordingCalls } from './recording-calls.ts';

const at = {
  market: epochMicrosFromMillis(OPEN_MILLIS),
  wall: epochMicrosFromMillis(OPEN_MILLIS),
};

/** A decoder with channel 1 open and a list of every call it makes. */
export function listener() {
  const { calls, sink } = recordingCalls();
  const decoder = new JsonFrameDecoder(sink);
  decoder.openChannel(1);
  const says = (frame: object | string): boolean =>
    decoder.decodeFrame(typeof frame === 'string' ? frame : JSON.stringify(frame), at);
  const announce = (eventFields: object, dataFormat = 'COMPACT') =>
    says({ type: 'FEED_CONFIG', channel: 1, dataFormat, aggregationPeriod: 0.1, eventFields });
  const data = (...rows: readonly unknown[]) => says({ type: 'FEED_DATA', channel: 1, data: rows });
  const take = () => calls.splice(0);
  return { announce, data, says, take };
}
