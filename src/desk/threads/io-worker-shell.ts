/** Heavy reads for the core: the broker's REST answers become small typed messages here. */
import type { MessagePort } from 'node:worker_threads';
import { z } from 'zod';
import { alpacaReader } from '../../broker/alpaca/alpaca-reader.ts';
import { paperReader } from '../../broker/paper/paper-reader.ts';
import type { PaperStatement } from '../../broker/paper/paper-statement.ts';
import { TASTYTRADE_PACE } from '../../broker/tastytrade/tastytrade-pace.ts';
import { tastytradeReader } from '../../broker/tastytrade/tastytrade-reader.ts';
import { wallMicros } from '../../engine/domain/clock.ts';
import { DeltaringError } from '../../engine/domain/errors.ts';
import type { OptionContract } from '../../engine/domain/instrument.ts';
import { parseOccSymbol } from '../../engine/domain/instrument.ts';
import { newYorkDate } from '../../engine/domain/session-calendar.ts';
import { type UnderlyingSpec, underlyingOf } from '../../engine/domain/underlying.ts';
import { priceFromDollars, type SessionDate } from '../../engine/domain/units.ts';
import type { CallLimits } from '../../ops/outgoing-call.ts';
import { isResting, NotCalled, OutgoingCalls } from '../../ops/outgoing-call.ts';
import { AccountReadings, type ReadingWorld } from './account-reading-shell.ts';
import type { FromIo, FromReader, ToIo, ToReader } from './core-protocol.ts';
import type { KeyAccount } from './key-account-shell.ts';
import { keySender } from './key-account-shell.ts';
import type { AccountPace } from './request-turns-shell.ts';
import { newAccountPace, RequestTurns } from './request-turns-shell.ts';
import { RestAccount, type RestSource } from './rest-account-shell.ts';
import type { GrantSettings } from './token-keeper-shell.ts';

const REQUEST_TIMEOUT_MILLIS = 10_000;
/** One try a request, for the core asks again by itself. Five failures in a row rest the service for
 * ten seconds, so that nothing storms it. Two requests make a token, each with a limit of its own. */
const CALLS: Omit<CallLimits, 'timeoutMillis'> = {
  attempts: 1,
  firstWaitMillis: 0,
  mostWaitMillis: 0,
  failuresToOpen: 5,
  restMillis: 10_000,
};
const REQUESTS_PER_CALL = 2;
/** The core answers between two batches of quotes: longer than this it hangs. */
const STATEMENT_TIMEOUT_MILLIS = 5_000;

/** Where quotes and listings come from. */
export type IoSource =
  /** The tastytrade REST interface, or the simulator that speaks it. */
  | RestSource
  | {
      /** A feed without an instruments service: the strikes are told. */
      readonly kind: 'fixed';
      readonly dxlinkUrl: string;
      readonly token: string;
      /** Lowest and highest strike in whole dollars; those between stand the class's spacing apart. */
      readonly strikes: readonly [lowest: number, highest: number];
    };

/** Which account reader is run. */
export type ReaderStart =
  | {
      readonly broker: 'paper';
      /** Whose market service the feed has. */
      readonly marketSource: 'simulator' | 'tastytrade' | undefined;
      readonly home: string;
    }
  | { readonly broker: 'tastytrade'; readonly accountId: string; readonly home: string }
  | {
      readonly broker: 'alpaca';
      readonly accountId: string;
      readonly account: KeyAccount;
      readonly home: string;
    };

export interface IoStart {
  readonly source: IoSource;
  readonly underlying: string;
  readonly port: MessagePort;
  /** Where the account is read; absent where no face asks. */
  readonly reader?: ReaderStart;
  /** The broker's login, where its wires need one. With a feed of the same broker it is one login. */
  readonly brokerGrant?: GrantSettings | undefined;
  /** The turns of the broker's account, shared with its wires; absent = nobody else asks it. */
  readonly pace?: AccountPace | undefined;
  /** How long one request may take; ten seconds when absent. */
  readonly timeoutMillis?: number;
}

export const quoteTokenAnswer = z.object({
  data: z.object({ token: z.string(), 'dxlink-url': z.string() }),
});
const strikeShape = z.object({ call: z.string(), put: z.string() });
const expirationShape = z.object({
  'expiration-date': z.string(),
  'settlement-type': z.string().optional(),
  strikes: z.array(strikeShape),
});
const chainAnswer = z.object({
  data: z.object({ items: z.array(z.object({ expirations: z.array(expirationShape) })) }),
});

/** The accounts of feed and broker: one where both have the same login. */
function accountsOf({ source, brokerGrant, ...start }: IoStart) {
  const { timeoutMillis = REQUEST_TIMEOUT_MILLIS, pace } = start;
  const accountOf = (grant: GrantSettings, shared?: AccountPace): RestAccount => {
    const turns = new RequestTurns(shared ?? newAccountPace(TASTYTRADE_PACE), Math.random);
    return new RestAccount(grant, turns, timeoutMillis);
  };
  const broker = brokerGrant === undefined ? undefined : accountOf(brokerGrant, pace);
  if (source.kind !== 'rest') return { feed: undefined, broker };
  const isOne =
    source.baseUrl === brokerGrant?.baseUrl && source.refreshToken === brokerGrant.refreshToken;
  return { feed: isOne ? broker : accountOf(source), broker };
}

/** The same-day contracts of an underlying. What the opening settles (AM) stopped trading the day
 * before, and adjusted classes are not standard contracts: neither is listed. */
export function contractsOf(
  answer: unknown,
  date: SessionDate,
  { optionRoot }: UnderlyingSpec,
): readonly OptionContract[] {
  const { data } = chainAnswer.parse(answer);
  const expirations = data.items.flatMap((item) => item.expirations);
  const today = expirations.filter(
    (e) => e['expiration-date'] === date && e['settlement-type'] !== 'AM',
  );
  return today
    .flatMap((e) => e.strikes.flatMap((strike) => [strike.call, strike.put]))
    .map((symbol) => parseOccSymbol(symbol))
    .filter((contract) => contract !== undefined)
    .filter((contract) => contract.root === optionRoot);
}

function strikeGrid(
  { optionRoot: root, strikeSpacing }: UnderlyingSpec,
  expiry: SessionDate,
  [lowest, highest]: readonly [number, number],
): readonly OptionContract[] {
  const contracts: OptionContract[] = [];
  for (let dollars = lowest; dollars <= highest; dollars += strikeSpacing) {
    const strike = priceFromDollars(dollars);
    for (const right of ['call', 'put'] as const) {
      contracts.push({ kind: 'option', root, expiry, right, strike });
    }
  }
  return contracts;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.message + cause;
}

/** One request of an account reader, in the account's turn for looks and under a breaker of its own:
 * what a face asks never keeps the feed from its token. */
function sender(account: RestAccount, timeoutMillis: number): NonNullable<ReadingWorld['send']> {
  const calls = new OutgoingCalls({ ...CALLS, timeoutMillis: timeoutMillis * REQUESTS_PER_CALL });
  return async ({ method, path, body }) => {
    try {
      return await calls.run(async () => {
        const response = await account.send(method, path, { turn: 'look', body });
        const answered = { status: response.status, body: await response.text() };
        return { kind: 'answer', ...answered, wall: wallMicros() } as const;
      });
    } catch (error) {
      if (error instanceof NotCalled) throw error;
      const why = isResting(error) ? 'rests after repeated failures' : 'did not answer';
      throw new Error(`the market service ${why}`, { cause: error });
    }
  };
}

/** Statements of the core, each answered by its number. */
class Statements {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, (statement: PaperStatement) => void>();
  #nextId = 1;

  constructor(port: MessagePort) {
    this.#port = port;
  }

  ask(): Promise<PaperStatement> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error('the engine did not answer in time'));
      }, STATEMENT_TIMEOUT_MILLIS);
      this.#waiting.set(id, (statement) => {
        clearTimeout(timer);
        resolve(statement);
      });
      this.#port.postMessage({ kind: 'statementWanted', id } satisfies FromIo);
    });
  }

  take({ id, statement }: Extract<ToIo, { kind: 'statement' }>): void {
    this.#waiting.get(id)?.(statement);
    this.#waiting.delete(id);
  }
}

/** Answers the questions of the faces' thread, each by its number. */
function serveReads(faces: MessagePort, readings: AccountReadings): void {
  const serve = async ({ id, what, ask }: ToReader): Promise<void> => {
    const result = await readings.run(what, ask);
    faces.postMessage({ kind: 'readAnswer', id, result } satisfies FromReader);
  };
  faces.on('message', (request: ToReader) => void serve(request));
}

/** The readings of the broker that is traded; `paper` is what the paper broker's are made of. */
function readingsOf(
  reader: ReaderStart,
  paper: ReadingWorld,
  {
    broker,
    timeoutMillis,
  }: { readonly broker: RestAccount | undefined; readonly timeoutMillis: number },
): AccountReadings {
  if (reader.broker === 'paper') {
    const { marketSource } = reader;
    return new AccountReadings(paperReader({ marketSource }), paper);
  }
  if (reader.broker === 'tastytrade') {
    const { accountId, home } = reader;
    const send = broker === undefined ? undefined : sender(broker, timeoutMillis);
    const today = () => newYorkDate(wallMicros());
    const world = { send, statement: undefined, home };
    return new AccountReadings(tastytradeReader({ accountId, today }), world);
  }
  const { accountId, account, home } = reader;
  const world = { send: keySender(account, timeoutMillis), statement: undefined, home };
  return new AccountReadings(alpacaReader(accountId), world);
}

/** Serves requests of the core, and of the faces where they have a port, until the process ends. A
 * failure is an answer, never a throw. */
export function runIo(start: IoStart, faces?: MessagePort): void {
  const { source, underlying, port, timeoutMillis = REQUEST_TIMEOUT_MILLIS } = start;
  const { feed: account, broker } = accountsOf(start);
  const spec = underlyingOf(underlying);
  const answer = (message: FromIo): void => port.postMessage(message);

  async function token(): Promise<FromIo> {
    if (source.kind === 'fixed')
      return { kind: 'token', url: source.dxlinkUrl, token: source.token };
    const { data } = quoteTokenAnswer.parse(await account?.get('/api-quote-tokens'));
    return { kind: 'token', url: data['dxlink-url'], token: data.token };
  }

  async function contractsFor(date: SessionDate): Promise<readonly OptionContract[]> {
    if (source.kind === 'fixed') return strikeGrid(spec, date, source.strikes);
    return contractsOf(await account?.get(`/option-chains/${underlying}/nested`), date, spec);
  }

  async function listing(date: SessionDate): Promise<FromIo> {
    const contracts = await contractsFor(date);
    if (contracts.length > 0) return { kind: 'listing', listing: { underlying, date, contracts } };
    return { kind: 'listingFailed', date, reason: `no contracts expire on ${date}` };
  }

  /** Each under a breaker of its own: a listing that fails never keeps the feed from its token. */
  const limits = { ...CALLS, timeoutMillis: timeoutMillis * REQUESTS_PER_CALL };
  const calls = { token: new OutgoingCalls(limits), listing: new OutgoingCalls(limits) };

  const statements = new Statements(port);
  const readings = start.reader === undefined ? undefined : readingsFor(start.reader);
  if (faces !== undefined && readings !== undefined) serveReads(faces, readings);

  function readingsFor(reader: ReaderStart): AccountReadings {
    const send = account === undefined ? undefined : sender(account, timeoutMillis);
    const paper = { send, statement: () => statements.ask(), home: reader.home };
    return readingsOf(reader, paper, { broker, timeoutMillis });
  }

  /** A broker that says nothing is asked again with the next listing. */
  async function rules({ ask }: Extract<ToIo, { kind: 'rules' }>): Promise<void> {
    const result = await readings?.run('marketRules', ask);
    if (result?.kind === 'read') answer({ kind: 'rules', date: ask.date, rules: result.value });
  }

  /** The keeper has a pace of its own for logins that are refused, so it is asked at once. */
  async function access(asked: Extract<ToIo, { kind: 'access' }>): Promise<void> {
    try {
      if (broker === undefined)
        throw new DeltaringError('INTERNAL', 'the broker has no login here');
      answer({ kind: 'access', ...(await broker.access(asked)) });
    } catch (error) {
      answer({ kind: 'accessFailed', reason: reasonOf(error) });
    }
  }

  async function serve(request: Extract<ToIo, { kind: 'token' | 'listing' }>): Promise<void> {
    try {
      const ask = () => (request.kind === 'token' ? token() : listing(request.date));
      answer(await calls[request.kind].run(ask));
    } catch (error) {
      const isAtRest = isResting(error);
      const reason = isAtRest ? 'the service rests after repeated failures' : reasonOf(error);
      if (request.kind === 'token') answer({ kind: 'tokenFailed', reason });
      else answer({ kind: 'listingFailed', date: request.date, reason });
    }
  }

  port.on('message', (request: ToIo) => {
    if (request.kind === 'statement') statements.take(request);
    else if (request.kind === 'access') void access(request);
    else if (request.kind === 'rules') void rules(request);
    else void serve(request);
  });
}
