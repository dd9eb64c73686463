import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_MESSAGE_BYTES, WebSocketReader } from '../../../src/engine/feed/websocket-reader.ts';

const FIN = 0x80;
const TEXT = 1;
const CONTINUATION = 0;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** A frame as a server writes it. */
function frame(first: number, payload: Uint8Array | string): Buffer {
  const body = Buffer.from(payload);
  const { length } = body;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), body]);
  const head = Buffer.alloc(length > 0xffff ? 10 : 4);
  head[0] = first;
  if (length > 0xffff) {
    head[1] = 127;
    head.writeBigUInt64BE(BigInt(length), 2);
  } else {
    head[1] = 126;
    head.writeUInt16BE(length, 2);
  }
  return Buffer.concat([head, body]);
}

const text = (payload: string) => frame(FIN | TEXT, payload);
const farewell = (code: number, reason = '') =>
  frame(FIN | CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));

function listening() {
  const heard: string[] = [];
  const reader = new WebSocketReader({
    message: ({ bytes, start, end }) => {
      heard.push(`message ${Buffer.from(bytes.subarray(start, end)).toString()}`);
    },
    ping: (payload) => heard.push(`ping ${Buffer.from(payload).toString()}`),
    closed: (code, reason) => heard.push(`closed ${code} ${reason}`),
    broken: (code) => heard.push(`broken ${code}`),
  });
  return { heard, reader, push: (...parts: Buffer[]) => pushAll(reader, parts) };
}

/** Pushes parts through one buffer that is used again, as a socket's is. */
function pushAll(reader: WebSocketReader, parts: readonly Buffer[]): void {
  const shared = Buffer.alloc(3 + Math.max(1, ...parts.map(({ length }) => length)));
  for (const part of parts) {
    shared.fill(0xff);
    part.copy(shared, 3);
    reader.push(shared, 3, 3 + part.length);
  }
}

describe('WebSocketReader', () => {
  it('hands over messages of every length form', () => {
    const { heard, push } = listening();
    const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 200_000];
    for (const length of lengths) push(text('x'.repeat(length)));
    expect(heard.map((line) => line.length - 'message '.length)).toEqual(lengths);
  });

  it('puts fragments together, with control frames between them', () => {
    const { heard, push } = listening();
    push(frame(TEXT, 'one '), frame(FIN | PING, 'p'), frame(CONTINUATION, 'two '));
    push(frame(FIN | PONG, ''), frame(FIN | CONTINUATION, 'three'), text('next'));
    expect(heard).toEqual(['ping p', 'message one two three', 'message next']);
  });

  it('reads the same whatever the cuts between reads', () => {
    const stream = Buffer.concat([
      text('first'),
      frame(FIN | PING, 'hello'),
      text('y'.repeat(300)),
      frame(TEXT, 'a'),
      frame(FIN | CONTINUATION, 'b'),
      text('z'.repeat(70_000)),
      farewell(1000, 'Bye'),
    ]);
    const whole = listening();
    whole.push(stream);
    expect(whole.heard).toHaveLength(6);
    const cuts = fc.uniqueArray(fc.nat(stream.length), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, (places) => {
        const { heard, push } = listening();
        const ends = [...places.toSorted((a, b) => a - b), stream.length];
        push(...ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end)));
        expect(heard).toEqual(whole.heard);
      }),
      { numRuns: 60 },
    );
  });

  it('reads a stream that comes byte by byte', () => {
    const { heard, push } = listening();
    const stream = Buffer.concat([text('q'.repeat(130)), farewell(1001)]);
    push(...Array.from(stream, (byte) => Buffer.from([byte])));
    expect(heard).toEqual([`message ${'q'.repeat(130)}`, 'closed 1001 ']);
  });

  it.each([
    ['a farewell with code and reason', farewell(1000, 'Bye'), 'closed 1000 Bye'],
    ['a farewell without a code', frame(FIN | CLOSE, ''), 'closed 1005 '],
    ['reserved bits', frame(FIN | 0x40 | TEXT, 'x'), 'broken 1002'],
    ['an unknown opcode', frame(FIN | 3, 'x'), 'broken 1002'],
    ['an unknown control opcode', frame(FIN | 11, ''), 'broken 1002'],
    ['a masked frame', Buffer.from([FIN | TEXT, 0x81, 1, 2, 3, 4, 5]), 'broken 1002'],
    ['a fragmented control frame', frame(PING, ''), 'broken 1002'],
    ['a long control frame', frame(FIN | PING, 'x'.repeat(126)), 'broken 1002'],
    ['a continuation of nothing', frame(FIN | CONTINUATION, 'x'), 'broken 1002'],
    ['a frame longer than any message', tooLong(BigInt(MAX_MESSAGE_BYTES + 1)), 'broken 1009'],
    ['a length of more than 53 bits', tooLong(2n ** 63n), 'broken 1009'],
  ])('ends on %s, and hears nothing after it', (_what, bytes, said) => {
    const { heard, push } = listening();
    push(Buffer.concat([bytes, text('after')]), text('later'));
    expect(heard).toEqual([said]);
  });

  it('ends when a message begins inside another', () => {
    const { heard, push } = listening();
    push(frame(TEXT, 'one'), text('two'));
    expect(heard).toEqual(['broken 1002']);
  });

  it('ends when fragments add up to too much', () => {
    const { heard, push } = listening();
    const part = Buffer.alloc(MAX_MESSAGE_BYTES / 2 + 1, 'x');
    push(frame(TEXT, part), frame(FIN | CONTINUATION, part));
    expect(heard).toEqual(['broken 1009']);
  });

  it('stops in the middle of a read when it is told to', () => {
    const heard: string[] = [];
    const reader = new WebSocketReader({
      message: () => {
        heard.push('message');
        reader.stop();
      },
      ping: () => undefined,
      closed: () => undefined,
      broken: () => undefined,
    });
    pushAll(reader, [Buffer.concat([text('a'), text('b')])]);
    expect(heard).toEqual(['message']);
  });
});

function tooLong(length: bigint): Buffer {
  const head = Buffer.alloc(10);
  head[0] = FIN | TEXT;
  head[1] = 127;
  head.writeBigUInt64BE(length, 2);
  return head;
}
