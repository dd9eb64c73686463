/**
 * The engine's door over a desk in a test's hand: the real client of the faces' thread, whose core is
 * a DeskRig. Commands and questions are answered by the real desk; while an answer is waited for,
 * market time passes as the rig's clock is moved.
 */
import { EngineApiClient } from '../../../src/desk/engine-api-client.ts';
import type { CoreStatus, FromCore, ToCore } from '../../../src/desk/threads/core-protocol.ts';
import { stampOf } from '../../../src/desk/threads/core-status.ts';
import { Counters, createCountersBuffer } from '../../../src/ops/counters.ts';
import type { DeskRig } from '../../support/desk-rig.ts';
import { FAKE_IDENTITY } from '../../support/fake-engine-api.ts';

const MOST_SECONDS = 5;
/** The rig counts its own questions from one. */
const FIRST_ID = 1_000_000;

function notHere(): Promise<never> {
  return Promise.reject(new Error('this is not asked here'));
}

function statusOf(rig: DeskRig): CoreStatus {
  const { schedule, chainOpen, session } = rig.day;
  return {
    stamp: stampOf(rig.desk.context),
    session: session.date,
    schedule,
    chainOpen,
    feed: { state: 'connected', detail: '', lastFrameWall: rig.at.wall },
    journal: { seq: 1, hash: '', healthy: true, wall: rig.at.wall },
    broker: { name: 'paper', reconciled: true, wall: rig.at.wall },
  };
}

/** The door of a desk. */
export function doorOf(rig: DeskRig): EngineApiClient {
  const tell = (id: number, result: unknown): void => {
    const stamp = stampOf(rig.desk.context);
    const messages: FromCore[] = [
      { kind: 'status', status: statusOf(rig) },
      { kind: 'reply', id, stamp, result },
    ];
    for (const message of messages) client.onMessage(message);
  };
  const send = (message: ToCore): void => {
    if (message.kind === 'query') {
      tell(message.id, rig.desk.query(message.query, message.caller, rig.at));
    }
    if (message.kind !== 'command') return;
    const id = FIRST_ID + message.id;
    rig.step({ ...message, id, at: rig.at });
    for (let second = 0; second < MOST_SECONDS; second += 1) {
      const reply = rig.reply(id);
      if (reply !== undefined) {
        tell(message.id, reply);
        return;
      }
      rig.advance(1);
    }
  };
  const client = new EngineApiClient({
    identity: FAKE_IDENTITY,
    clock: { now: () => rig.at },
    simulated: true,
    counters: new Counters(createCountersBuffer()),
    buffers: { chain: rig.memory.chainBuffer, ring: rig.memory.ringBuffer },
    send,
    sendToReader: () => undefined,
    latchKill: (reason) => ({ reason, kept: Promise.resolve(undefined) }),
    clearKill: () => Promise.resolve(undefined),
    metrics: notHere,
    riskMetrics: notHere,
    auditState: () => ({ state: 'ok', ageMs: null, sealed: null }),
    auditStory: notHere,
    undeliveredAlerts: () => ({ channels: 0, count: 0, ageMs: null }),
  });
  client.onMessage({ kind: 'status', status: statusOf(rig) });
  return client;
}
