/** A simulator with a clock that the test moves, and a bare client that records every frame. */
import { WebSocket } from 'ws';
import { newYorkInstant } from '../../src/engine/domain/session-calendar.ts';
import type { EpochMicros } from '../../src/engine/domain/units.ts';
import { addMicros, epochMicros, sessionDate } from '../../src/engine/domain/units.ts';
import type { SimOptions } from '../../src/sim/sim-options.ts';
import { simulatedTimeFor } from '../../src/sim/sim-session-times.ts';
import { startSimulator } from '../../src/sim/simulator.ts';

export const DATE = sessionDate('2026-11-20');
export const OPEN_MILLIS = newYorkInstant(DATE, 570) / 1_000;
const WALL_START = 1_795_000_000_000_000;
const DEADLINE_MILLIS = 5_000;

export async function startTestSim(options: Partial<SimOptions> & { start?: string } = {}) {
  let wall = epochMicros(WALL_START);
  const { start = '10:30', ...rest } = options;
  const time = simulatedTimeFor({ firstSession: DATE, start, speed: 1, wallStart: wall });
  const sim = await startSimulator({ seed: 1, time, ...rest }, () => wall);
  return {
    ...sim,
    wall: (): EpochMicros => wall,
    /** Moves the machine's clock, and market time with it, then lets the simulator act. */
    pass(seconds: number): void {
      wall = addMicros(wall, seconds * 1_000_000);
      sim.beat();
    },
  };
}

export type TestSim = Awaited<ReturnType<typeof startTestSim>>;
export type Frame = Record<string, unknown> & { type: string; channel: number };

export interface TestClient {
  readonly frames: readonly Frame[];
  readonly texts: readonly string[];
  readonly closed: Promise<{ code: number; reason: string }>;
  send(frame: object | string): void;
  /** The first frame, from a place in the record on, that meets a condition. */
  until(condition: (frame: Frame) => boolean, from?: number): Promise<Frame>;
  close(): void;
}

export async function connect(url: string): Promise<TestClient> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const frames: Frame[] = [];
  const texts: string[] = [];
  let wake = (): void => undefined;
  socket.on('message', (data) => {
    const text = Buffer.isBuffer(data) ? data.toString('utf8') : '';
    texts.push(text);
    frames.push(JSON.parse(text));
    wake();
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve());
    socket.on('error', reject);
  });
  const until = async (condition: (frame: Frame) => boolean, from = 0): Promise<Frame> => {
    const deadline = performance.now() + DEADLINE_MILLIS;
    for (let seen = from; ; ) {
      for (; seen < frames.length; seen += 1) {
        const frame = frames[seen];
        if (frame !== undefined && condition(frame)) return frame;
      }
      if (performance.now() > deadline) throw new Error(`no such frame in ${texts.join('\n')}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, 100);
      });
    }
  };
  const send = (frame: object | string): void => {
    socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  };
  return { frames, texts, closed, send, until, close: () => socket.terminate() };
}

export const SETUP = {
  type: 'SETUP',
  channel: 0,
  version: '0.1-test/1',
  keepaliveTimeout: 60,
  acceptKeepaliveTimeout: 60,
};

export const isType =
  (type: string) =>
  (frame: Frame): boolean =>
    frame.type === type;

/** FEED_DATA in COMPACT form whose first group is of a type. */
export const isData =
  (type: string) =>
  (frame: Frame): boolean =>
    frame.type === 'FEED_DATA' && Array.isArray(frame['data']) && frame['data'][0] === type;

export async function bearer(sim: TestSim): Promise<Record<string, string>> {
  const response = await fetch(`${sim.baseUrl}/oauth/token`, {
    method: 'POST',
    headers: { 'user-agent': 'test/1', 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'refresh_token',
      refresh_token: sim.credentials.refreshToken,
      client_secret: sim.credentials.clientSecret,
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return { 'user-agent': 'test/1', authorization: `Bearer ${token}` };
}

export async function quoteToken(sim: TestSim): Promise<string> {
  const headers = await bearer(sim);
  const response = await fetch(`${sim.baseUrl}/api-quote-tokens`, { headers });
  const { data } = (await response.json()) as { data: { token: string } };
  return data.token;
}

/** A client that has been through SETUP and AUTH. */
export async function authorized(sim: TestSim): Promise<TestClient> {
  const client = await connect(sim.dxlinkUrl);
  client.send(SETUP);
  await client.until((frame) => frame['state'] === 'UNAUTHORIZED');
  client.send({ type: 'AUTH', channel: 0, token: await quoteToken(sim) });
  await client.until((frame) => frame['state'] === 'AUTHORIZED');
  return client;
}

export interface ChannelWish {
  readonly format?: 'FULL' | 'COMPACT';
  readonly fields?: Record<string, string[]>;
  readonly add?: readonly object[];
  readonly period?: number | string;
}

/** Opens channel 1, sets it up and subscribes. */
export async function openFeed(client: TestClient, wish: ChannelWish): Promise<void> {
  const { format = 'COMPACT', fields, add = [], period = 0 } = wish;
  client.send({
    type: 'CHANNEL_REQUEST',
    channel: 1,
    service: 'FEED',
    parameters: { contract: 'AUTO' },
  });
  await client.until(isType('CHANNEL_OPENED'));
  client.send({
    type: 'FEED_SETUP',
    channel: 1,
    acceptAggregationPeriod: period,
    acceptDataFormat: format,
    ...(fields && { acceptEventFields: fields }),
  });
  await client.until(isType('FEED_CONFIG'));
  if (add.length > 0) client.send({ type: 'FEED_SUBSCRIPTION', channel: 1, reset: true, add });
}

/** Lets time pass in short pieces while the client keeps talking, so that it is not dropped. */
export async function passTalking(
  sim: TestSim,
  client: TestClient,
  seconds: number,
): Promise<void> {
  for (let left = seconds; left > 0; left -= 30) {
    const seen = client.frames.length;
    client.send(SETUP);
    await client.until(isType('SETUP'), seen);
    sim.pass(Math.min(30, left));
  }
}
