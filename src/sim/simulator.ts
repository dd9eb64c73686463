/**
 * The market simulator: a DXLink server and the REST service beside it on one loopback port, fed by
 * a seeded market, by real bars or by a recorded market. Runs on the thread that starts it.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { simulatedMarketTime, wallMicros } from '../engine/domain/clock.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { underlyingOf } from '../engine/domain/underlying.ts';
import type { EpochMicros } from '../engine/domain/units.ts';
import { DXLINK_PATH, DxlinkServer } from './dxlink/dxlink-server.ts';
import { QuoteTokens } from './dxlink/quote-tokens.ts';
import { LiveMarket } from './live/live-market.ts';
import type { Market } from './market.ts';
import { barsSource, seededSource } from './model/market-source.ts';
import { ReplayedMarket } from './replay/replayed-market.ts';
import { mintCredentials, RestApi } from './rest/rest-api.ts';
import { restServer } from './rest/rest-server.ts';
import type { KnobChange } from './sim-knobs.ts';
import { KnobBoard } from './sim-knobs.ts';
import type { SimAddress, SimOptions } from './sim-options.ts';

const LOOPBACK = '127.0.0.1';
const BEAT_MILLIS = 50;
const KEEPALIVE_SECONDS = 60;
/** However fast market time runs, a symbol is sent at most ten times a second. */
const FAST_LEAST_PERIOD_SECONDS = 0.1;

/** A simulator that answers. */
export interface RunningSimulator extends SimAddress {
  /** Turns knobs and fires pulses. */
  control(change: KnobChange): void;
  /** Does at once what the simulator does twenty times a second. */
  beat(): void;
  /** Ends all connections and frees the port. */
  stop(): Promise<void>;
}

/**
 * Starts a simulator and answers when it listens. `wall` is this machine's time unless a test
 * brings its own. Throws DeltaringError CONFIG_INVALID for a bars file that cannot be used and
 * PORT_IN_USE for a taken port.
 */
export async function startSimulator(
  options: SimOptions,
  wall: () => EpochMicros = wallMicros,
): Promise<RunningSimulator> {
  const knobs = new KnobBoard(options.knobs);
  const tokens = new QuoteTokens();
  const market = marketOf(options);
  const dxlink = new DxlinkServer({
    market,
    knobs,
    tokens,
    wall,
    keepaliveSeconds: options.keepaliveSeconds ?? KEEPALIVE_SECONDS,
    leastPeriodSeconds: options.time.speed > 1 ? FAST_LEAST_PERIOD_SECONDS : 0,
  });
  const credentials = mintCredentials();
  const url = { dxlink: '' };
  const api = new RestApi({ credentials, tokens, market, wall, dxlinkUrl: () => url.dxlink });
  const http = restServer(api);
  http.on('upgrade', (request, socket, head) => dxlink.upgrade(request, socket, head));

  const beat = (): void => {
    const time = { wall: wall(), market: simulatedMarketTime(options.time, wall()) };
    dxlink.beat(time, knobs.now.freeze ? [] : market.advance(time.market));
  };
  beat();
  const port = await listen(http, options.port ?? 0);
  url.dxlink = `ws://${LOOPBACK}:${port}${DXLINK_PATH}`;
  const timer = setInterval(beat, BEAT_MILLIS);
  return {
    baseUrl: `http://${LOOPBACK}:${port}`,
    dxlinkUrl: url.dxlink,
    credentials,
    beat,
    control: (change) => applyChange(change, { knobs, tokens, dxlink }),
    stop: async () => {
      clearInterval(timer);
      dxlink.stop();
      await close(http);
    },
  };
}

function marketOf({ seed, bars, tape, underlying = 'SPY' }: SimOptions): Market {
  if (tape !== undefined) return new ReplayedMarket(tape);
  const spec = underlyingOf(underlying);
  const source = bars === undefined ? seededSource(seed, spec) : barsSource(seed, bars, spec);
  return new LiveMarket(seed, source);
}

function applyChange(
  change: KnobChange,
  parts: { knobs: KnobBoard; tokens: QuoteTokens; dxlink: DxlinkServer },
): void {
  parts.knobs.set(change);
  if (change.tokenExpired === true) {
    parts.tokens.expireAll();
    parts.dxlink.expireSessions();
  }
  if (change.abruptReset === true) parts.dxlink.resetSockets();
}

function listen(http: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (cause) => {
      const fix = 'Free the port, or leave it unset to take any.';
      const message = `The simulator cannot listen on ${LOOPBACK}:${port}. ${fix}`;
      reject(new DeltaringError('PORT_IN_USE', message, cause));
    });
    http.listen(port, LOOPBACK, () => resolve(portOf(http.address())));
  });
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function close(http: Server): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}
