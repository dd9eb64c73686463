import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextRecordingName, RecordingDrain } from '../../src/audit/recording-drain.ts';
import { decodeRecording, RecordingEncoder } from '../../src/audit/session-recording.ts';
import {
  ByteRingReader,
  ByteRingWriter,
  createByteRing,
  LENGTH_BYTES,
  paddedBytes,
} from '../../src/audit/spsc-byte-ring.ts';
import { tempHome } from './support/temp-home.ts';

const header = { build: 'b', v8: '14', arch: 'x64', session: '2026-11-20' };

function fileOf(chunks: readonly string[], end?: 'complete' | 'lost'): Buffer {
  const encoder = new RecordingEncoder();
  const parts = [
    encoder.begin(header),
    ...chunks.map((chunk) => encoder.chunk(Buffer.from(chunk))),
  ];
  return Buffer.concat(end === undefined ? parts : [...parts, encoder.end(end)]);
}

describe('the byte ring', () => {
  it('gives back every chunk in order, whatever their sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.boolean()), { maxLength: 200 }),
        (steps) => {
          const memory = createByteRing(256);
          const writer = new ByteRingWriter(memory);
          const reader = new ByteRingReader(memory);
          const wanted: Buffer[] = [];
          const got: Buffer[] = [];
          for (const [chunk, drain] of steps) {
            if (writer.write(chunk)) wanted.push(Buffer.from(chunk));
            for (let next = drain ? reader.next() : undefined; next; next = reader.next())
              got.push(next);
          }
          for (let next = reader.next(); next; next = reader.next()) got.push(next);
          expect(got).toEqual(wanted);
        },
      ),
    );
  });

  it('takes many chunks at once, all or none, and gives each back by itself', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.uint8Array({ maxLength: 30 }), { minLength: 1, maxLength: 6 }), {
          maxLength: 60,
        }),
        (runs) => {
          const memory = createByteRing(256);
          const writer = new ByteRingWriter(memory);
          const reader = new ByteRingReader(memory);
          for (const run of runs) {
            const framed = run.map((chunk) => {
              const bytes = Buffer.alloc(paddedBytes(chunk.length), 0xee);
              bytes.writeUInt32LE(chunk.length, 0);
              bytes.set(chunk, LENGTH_BYTES);
              return bytes;
            });
            const length = framed.reduce((sum, bytes) => sum + bytes.length, 0);
            const behind = Buffer.alloc(16, 0xdd);
            expect(writer.writeMany(Buffer.concat([...framed, behind]), length)).toBe(true);
            for (const chunk of run) expect(reader.next()).toEqual(Buffer.from(chunk));
            expect(reader.next()).toBeUndefined();
          }
          expect(writer.writeMany(Buffer.alloc(260), 260)).toBe(false);
          expect(reader.isLost).toBe(true);
          expect(writer.write(new Uint8Array(1))).toBe(false);
          expect(reader.next()).toBeUndefined();
        },
      ),
    );
  });

  it('takes a chunk that fits exactly, and is lost for ever at one byte more', () => {
    const memory = createByteRing(64);
    const writer = new ByteRingWriter(memory);
    const reader = new ByteRingReader(memory);
    expect(writer.write(new Uint8Array(60))).toBe(true);
    expect(reader.next()).toHaveLength(60);
    expect(writer.write(new Uint8Array(61))).toBe(false);
    expect(reader.isLost).toBe(true);
    expect(writer.write(new Uint8Array(1))).toBe(false);
    expect(reader.next()).toBeUndefined();
  });

  it.each([0, 3, 100])('refuses a capacity of %i', (capacity) => {
    expect(() => createByteRing(capacity)).toThrow(/power of two/);
  });

  it('carries chunks between threads whole and in order', async () => {
    const memory = createByteRing(1 << 20);
    const reader = new ByteRingReader(memory);
    const worker = new Worker(
      `const { workerData } = require('node:worker_threads');
       import(workerData.url).then(({ ByteRingWriter }) => {
         const writer = new ByteRingWriter(workerData.memory);
         for (let i = 0; i < 20000; i++) writer.write(Buffer.from('chunk ' + i));
       });`,
      {
        eval: true,
        workerData: {
          memory,
          url: new URL('../../src/audit/spsc-byte-ring.ts', import.meta.url).href,
        },
      },
    );
    let ended = false;
    worker.on('exit', () => {
      ended = true;
    });
    let count = 0;
    for (let quiet = 0; quiet < 2; ) {
      const chunk = reader.next();
      if (chunk !== undefined) expect(chunk.toString()).toBe(`chunk ${count++}`);
      else {
        if (ended) quiet++;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    expect(reader.isLost).toBe(false);
    expect(count).toBe(20_000);
  });
});

describe('a session recording', () => {
  it.each(['complete', 'lost'] as const)('reads back as written and says it is %s', (end) => {
    const read = decodeRecording(fileOf(['a', 'bb', 'ccc'], end));
    expect(read).toMatchObject({ header, end });
    expect(read.chunks.map(String)).toEqual(['a', 'bb', 'ccc']);
  });

  it('keeps the gapless beginning of a file that was cut anywhere', () => {
    const whole = fileOf(['first', 'second', 'third'], 'complete');
    const start = fileOf([]).length;
    for (let cut = start; cut < whole.length; cut++) {
      const { chunks, end } = decodeRecording(whole.subarray(0, cut));
      expect(end).toBe('cut');
      expect(['first', 'second', 'third'].slice(0, chunks.length)).toEqual(chunks.map(String));
    }
  });

  it('refuses every changed byte of a complete file', () => {
    const whole = fileOf(['first', 'second'], 'complete');
    for (let at = 0; at < whole.length - 20; at++) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x10;
      const isSame = (): boolean => decodeRecording(changed).end === 'complete';
      try {
        expect(isSame()).toBe(false);
      } catch (error) {
        expect(error).toMatchObject({ code: 'INPUT_INVALID' });
      }
    }
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['another file', Buffer.from('PK something else entirely')],
    [
      'a header that is no JSON',
      Buffer.concat([
        Buffer.from('DLTRGREC'),
        Buffer.from([1, 0, 0, 0, 2, 0, 0, 0]),
        Buffer.from('xx'),
      ]),
    ],
    [
      'a header without its facts',
      Buffer.concat([
        Buffer.from('DLTRGREC'),
        Buffer.from([1, 0, 0, 0, 2, 0, 0, 0]),
        Buffer.from('{}'),
      ]),
    ],
    [
      'a newer format',
      Buffer.concat([Buffer.from('DLTRGREC'), Buffer.from([9, 0, 0, 0, 0, 0, 0, 0])]),
    ],
  ])('refuses %s and says what to pass', (_name, bytes) => {
    expect(() => decodeRecording(bytes)).toThrow(/Pass a \.rec file/);
  });
});

describe('the recording drain', () => {
  it('writes what waits, then the end mark, into the next free file', () => {
    const home = tempHome();
    for (const text of ['one', 'two']) {
      const ring = createByteRing(1 << 10);
      const drain = RecordingDrain.open(home, { ring, header }, () => undefined);
      new ByteRingWriter(ring).write(Buffer.from(text));
      drain.drain();
      drain.close();
      drain.close();
    }
    const folder = join(home, 'recordings');
    expect(readdirSync(folder).sort()).toEqual(['2026-11-20-1.rec', '2026-11-20-2.rec']);
    const second = decodeRecording(readFileSync(join(folder, '2026-11-20-2.rec')));
    expect(second).toMatchObject({ end: 'complete' });
    expect(second.chunks.map(String)).toEqual(['two']);
    expect(nextRecordingName(['2026-11-20-1.rec'], '2026-11-20')).toBe('2026-11-20-2.rec');
  });

  it('keeps what came before an overflow, says lost, and tells once', () => {
    const home = tempHome();
    const ring = createByteRing(32);
    const told: string[] = [];
    const drain = RecordingDrain.open(home, { ring, header }, (reason) => told.push(reason));
    const writer = new ByteRingWriter(ring);
    expect([writer.write(Buffer.alloc(20, 1)), writer.write(Buffer.alloc(20, 2))]).toEqual([
      true,
      false,
    ]);
    drain.drain();
    drain.drain();
    drain.close();
    expect(told).toEqual([expect.stringContaining('not replayable')]);
    const file = readFileSync(join(home, 'recordings', '2026-11-20-1.rec'));
    expect(decodeRecording(file)).toMatchObject({ end: 'lost', chunks: [Buffer.alloc(20, 1)] });
  });

  it('ends where the disk has less free than the journal is to keep, and tells once', () => {
    const home = tempHome();
    const ring = createByteRing(1 << 10);
    const told: string[] = [];
    const onLost = (reason: string): void => void told.push(reason);
    const drain = RecordingDrain.open(home, { ring, header }, onLost, Number.MAX_SAFE_INTEGER);
    new ByteRingWriter(ring).write(Buffer.from('one'));
    drain.drain();
    drain.drain();
    drain.close();
    expect(told).toEqual([expect.stringContaining('the disk is nearly full')]);
    const file = readFileSync(join(home, 'recordings', '2026-11-20-1.rec'));
    expect(decodeRecording(file)).toMatchObject({ end: 'lost', chunks: [Buffer.from('one')] });
  });

  it('never stands in the way of the journal when the folder cannot be used', () => {
    const home = tempHome();
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'recordings'), 'a file in the way');
    const told: string[] = [];
    const plan = { ring: createByteRing(64), header };
    const drain = RecordingDrain.open(home, plan, (reason) => told.push(reason));
    drain.drain();
    drain.close();
    expect(told).toHaveLength(1);
  });
});
