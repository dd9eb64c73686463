/** The simulator's ways to misbehave, each one seen from real servers. Plain data: it can cross a
 * thread. */
export interface SimKnobs {
  /** Refuse an AUTH that comes before the server's AUTH_STATE, as the real server at times does. */
  readonly strictAuth: boolean;
  /** Authorised connections of one customer; one more is refused. */
  readonly sessionLimit: number;
  /** Keep sockets open and send nothing at all. */
  readonly zombie: boolean;
  /** Send FULL format on every channel, announced by an unsolicited FEED_CONFIG. */
  readonly flipToFull: boolean;
  /** Repeat every channel's FEED_CONFIG once a second. */
  readonly repeatFeedConfig: boolean;
  /** A field, as `Quote.bidSize`, that the server claims not to know. */
  readonly dropField: string | undefined;
  /** Announce fields in the reverse of the asked order. */
  readonly reorderFields: boolean;
  /** Put several event types into one COMPACT frame. */
  readonly multiGroup: boolean;
  /** Add a bar of the year 2038 with zero prices to each delivery of bars. */
  readonly poisonCandle: boolean;
  /** Share of option quotes (0 to 1) sent with the bid above the ask. */
  readonly crossedQuotes: number;
  /** Share of option quotes (0 to 1) sent with one side missing. */
  readonly oneSidedQuotes: number;
  /** Send greeks of a contract only every twenty minutes. */
  readonly staleGreeks: boolean;
  /** Extra quote events a second on each channel. */
  readonly burst: number;
  /** Quote events a second on each channel in frames written beforehand: rates that no market model
   * keeps up with, as 50,000 or 400,000. */
  readonly load: number;
  /** Hold each summary back this many seconds after it is due. */
  readonly summaryDelaySeconds: number;
  /** Send each print twice and every second pair in the wrong order. */
  readonly untidySales: boolean;
  /** Answer websocket pings only after this many milliseconds. */
  readonly pongDelayMillis: number;
  /** Added to the time of every trade, print and greek: the server's clock is wrong. */
  readonly clockSkewMillis: number;
  /** Answer websocket upgrades with 502 Bad Gateway. */
  readonly upgrade502: boolean;
  /** Added to every delta, gamma, theta, vega and volatility that the feed sends. */
  readonly feedGreeksOffset: number;
  /** Let the market stand still; the connection lives. */
  readonly freeze: boolean;
}

/** Knobs that act once, at the moment they are set. */
export interface SimPulses {
  /** Every quote token and connection loses its authorisation now; later tokens are good. */
  readonly tokenExpired: boolean;
  /** Every socket is torn down without a closing handshake. */
  readonly abruptReset: boolean;
}

/** What a control message may carry: any knobs and pulses, the rest stays as it is. */
export type KnobChange = Partial<SimKnobs> & Partial<SimPulses>;

/** A faithful, well-behaved server. */
export const FAITHFUL_KNOBS: SimKnobs = {
  strictAuth: true,
  sessionLimit: 5,
  zombie: false,
  flipToFull: false,
  repeatFeedConfig: false,
  dropField: undefined,
  reorderFields: false,
  multiGroup: false,
  poisonCandle: false,
  crossedQuotes: 0,
  oneSidedQuotes: 0,
  staleGreeks: false,
  burst: 0,
  load: 0,
  summaryDelaySeconds: 0,
  untidySales: false,
  pongDelayMillis: 0,
  clockSkewMillis: 0,
  upgrade502: false,
  feedGreeksOffset: 0,
  freeze: false,
};

/** The current knobs; everything that misbehaves reads them from here. */
export class KnobBoard {
  #knobs: SimKnobs;

  constructor(knobs: Partial<SimKnobs> = {}) {
    this.#knobs = { ...FAITHFUL_KNOBS, ...knobs };
  }

  get now(): SimKnobs {
    return this.#knobs;
  }

  /** Sets what a change carries. Pulses are the caller's to act on. */
  set({ tokenExpired: _expired, abruptReset: _reset, ...knobs }: KnobChange): void {
    this.#knobs = { ...this.#knobs, ...knobs };
  }
}
