/** The publishing thread of the ring bench: sends numbered records each time it is told to. */
import { workerData } from 'node:worker_threads';
import { RingBuffer } from 'ringbuf.js';
import { EPOCH_FIELD, RECORD_CELLS, RECORD_FIELDS } from '../../src/engine/ring/ring-layout.ts';
import { RingWriter } from '../../src/engine/ring/ring-writer.ts';
import { type ProducerTask, TAKEN, WANTED } from './ring-task.ts';

/** Hands `batch` records over; false where there was no room. */
function senderOf({ kind, buffer, batch }: ProducerTask): (fields: Float64Array) => boolean {
  if (kind === 'ringbuf') {
    const ring = new RingBuffer(buffer, Float64Array);
    return (fields) =>
      ring.available_write() >= fields.length && ring.push(fields, fields.length) > 0;
  }
  const writer = new RingWriter(buffer);
  return (fields) => {
    if (batch === 1) writer.publish(fields);
    else writer.publishMany(fields, batch);
    return true;
  };
}

function produce(task: ProducerTask): void {
  const words = new Int32Array(task.words);
  const isBlock = task.kind === 'ours' && task.batch > 1;
  const stride = isBlock ? RECORD_CELLS : RECORD_FIELDS;
  const fields = new Float64Array(task.batch * stride);
  const send = senderOf(task);
  let sent = 0;
  while (true) {
    const wanted = Atomics.load(words, WANTED);
    if (wanted < 0) return;
    if (sent >= wanted) {
      Atomics.wait(words, WANTED, wanted);
      continue;
    }
    if (sent - Atomics.load(words, TAKEN) > task.mostAhead) continue;
    for (let n = 0; n < task.batch; n += 1) fields[n * stride + EPOCH_FIELD] = sent + n;
    if (send(fields)) sent += task.batch;
  }
}

produce(workerData as ProducerTask);
