/** Frames that are right, torn, changed and hostile, before the byte decoder and the complete one. */
import { isDeepStrictEqual } from 'node:util';
import { epochMicrosFromMillis } from '../../../src/engine/domain/units.ts';
import { ByteFrameDecoder } from '../../../src/engine/feed/byte-frame-decoder.ts';
import { WANTED_FIELDS } from '../../../src/engine/feed/event-fields.ts';
import { NUMBER_TYPES } from '../../../src/engine/feed/event-numbers.ts';
import { JsonFrameDecoder } from '../../../src/engine/feed/json-frame-decoder.ts';
import { OPEN_MILLIS } from './client-rig.ts';
import { chanceOf, randomNumberText } from './number-texts.ts';
import { recordingCalls } from './recording-calls.ts';

const at = {
  market: epochMicrosFromMillis(OPEN_MILLIS),
  wall: epochMicrosFromMillis(OPEN_MILLIS),
};
const SYMBOLS = Array.from(
  { length: 40 },
  (_, i) => `.SPY261120${i % 2 === 0 ? 'C' : 'P'}${580 + i}`,
);
const ODD_VALUES = [
  '"NaN"',
  '"Infinity"',
  'null',
  'true',
  '[]',
  '{}',
  '"x"',
  '',
  ' 1',
  '1.',
  '01',
  '-',
  '"',
];
const ODD_SYMBOLS = ['QQQ', '', 'S\\u0050Y', '.SPY261120C580 ', '__proto__', 'constructor'];
const CHANNEL = 1;
const LONGEST_TEAR = 400;

/** What a frame was made into. */
export const FUZZ_KINDS = ['plain', 'torn', 'changed', 'hostile'] as const;
export type FuzzKind = (typeof FUZZ_KINDS)[number];

type Chance = () => number;

function pick<T>(chance: Chance, values: readonly T[]): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the lists here are never empty
  return values[Math.floor(chance() * values.length)] as T;
}

function valueText(chance: Chance): string {
  const luck = chance();
  if (luck < 0.7) return (chance() * 700).toFixed(2);
  if (luck < 0.8) return `${OPEN_MILLIS - Math.floor(chance() * 1e6)}`;
  if (luck < 0.99) return randomNumberText(chance, Math.floor(chance() * 6));
  return pick(chance, ODD_VALUES);
}

function symbolText(chance: Chance): string {
  return `"${chance() < 0.99 ? pick(chance, SYMBOLS) : pick(chance, ODD_SYMBOLS)}"`;
}

function shuffled(fields: readonly string[], chance: Chance): string[] {
  return [...fields].sort(() => chance() - 0.5);
}

/** One frame of data in one format, and the announcement that goes before it. */
function plainFrame(chance: Chance): { config: object; frame: string } {
  const isFull = chance() < 0.4;
  const lists: Record<string, string[]> = {};
  const groups = Array.from({ length: 1 + Math.floor(chance() * 3) }, () => {
    const type = pick(chance, NUMBER_TYPES);
    const fields = lists[type] ?? shuffled([...WANTED_FIELDS[type], 'eventTime', 'index'], chance);
    lists[type] = fields;
    const rows = Array.from({ length: Math.floor(chance() * 8) }, () =>
      fields.map((field) => [
        field,
        field === 'eventSymbol' ? symbolText(chance) : valueText(chance),
      ]),
    );
    if (!isFull) return `"${type}",[${rows.flatMap((row) => row.map(([, text]) => text)).join()}]`;
    return rows
      .map(
        (row) =>
          `{"eventType":"${type}",${row.map(([field, text]) => `"${field}":${text}`).join()}}`,
      )
      .join();
  });
  const data = groups.filter((group) => group !== '').join();
  const dataFormat = isFull ? 'FULL' : 'COMPACT';
  return {
    config: { type: 'FEED_CONFIG', channel: CHANNEL, dataFormat, eventFields: lists },
    frame: `{"type":"FEED_DATA","channel":${CHANNEL},"data":[${data}]}`,
  };
}

function spoiled(frame: string, kind: FuzzKind, chance: Chance): Buffer {
  const bytes = Buffer.from(frame, 'latin1');
  if (kind === 'torn') return bytes.subarray(0, Math.floor(chance() * bytes.length));
  if (kind === 'changed') {
    for (let i = 0; i < 1 + chance() * 3; i += 1) {
      bytes[Math.floor(chance() * bytes.length)] = 32 + Math.floor(chance() * 95);
    }
  }
  if (kind === 'hostile') {
    for (let i = 0; i < 1 + chance() * 20; i += 1) {
      bytes[Math.floor(chance() * bytes.length)] = Math.floor(chance() * 256);
    }
  }
  return bytes;
}

export interface FuzzedFrame {
  readonly kind: FuzzKind;
  readonly events: number;
  /** True where the byte decoder read it by itself. */
  readonly isFast: boolean;
  /** What went wrong, with the frame; undefined where nothing did. */
  readonly violation: string | undefined;
}

/** Makes the frame of a seed and shows it to both decoders: they have to make the same calls. */
export function fuzzFrame(seed: number): FuzzedFrame {
  const chance = chanceOf(seed);
  const kind = pick(chance, FUZZ_KINDS);
  const { config, frame } = plainFrame(chance);
  const bytes = spoiled(frame, kind, chance);
  const [fast, complete] = [recordingCalls(), recordingCalls()];
  const decoder = new ByteFrameDecoder(fast.sink);
  const oracle = new JsonFrameDecoder(complete.sink);
  decoder.know(SYMBOLS);
  for (const each of [decoder, oracle]) {
    each.openChannel(CHANNEL);
    each.decodeFrame(JSON.stringify(config), at);
  }
  // What follows in a socket's buffer may go on where the frame was torn.
  const behind = Buffer.from(frame, 'latin1').subarray(bytes.length, bytes.length + LONGEST_TEAR);
  const buffer = Buffer.concat([Buffer.from('{"7.5'), bytes, behind]);
  const start = buffer.length - behind.length - bytes.length;
  const isData = decoder.decodeBytes({ bytes: buffer, start, end: start + bytes.length }, at);
  const isOracleData = oracle.decodeFrame(bytes.toString('utf8'), at);
  const isSame = isData === isOracleData && isDeepStrictEqual(fast.calls, complete.calls);
  const violation = isSame
    ? undefined
    : `seed ${seed}, ${kind}: the decoders differ on ${JSON.stringify(bytes.toString('latin1')).slice(0, 300)}`;
  return {
    kind,
    events: complete.calls.length,
    isFast: isData && decoder.slowFrames === 0,
    violation,
  };
}
