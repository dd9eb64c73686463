/** The scripted day's line to its broker: the adapter, and the socket that its requests leave by. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { GatewayEffect, OrderGateway, WireInput } from '../../../src/broker/order-gateway.ts';
import { WireGateway } from '../../../src/desk/simulation/wire-gateway.ts';
import type { At } from '../../../src/engine/domain/clock.ts';
import { ACCOUNT_ID, benchPaper } from '../bench-desk.ts';
import { plantOf } from '../sessions/plants.ts';
import type { Ask, FromBroker } from './far-account.ts';

const LOOPBACK = '127.0.0.1';

/** A planted bug: it takes for all there is what the journal holds, and asks the broker for nothing. */
class Forgetful extends WireGateway {
  override findByIntent(): readonly GatewayEffect[] {
    return [];
  }

  override snapshot(): undefined {
    return undefined;
  }
}

export class BrokerLine {
  readonly gateway: OrderGateway;
  /** The broker's time at the connection; undefined where no engine had come before. */
  readonly at: At | undefined;
  /** Hears what comes over the wires. */
  onWire: (wire: WireInput) => void = () => undefined;
  /** Hears whenever something came. */
  onHeard: () => void = () => undefined;
  readonly #socket: Socket;
  readonly #adapter: WireGateway;
  #noted = '';
  /** Requests and ticks that are not answered yet. */
  #open = 0;

  private constructor(socket: Socket, at: At | undefined, adapter: WireGateway, plant: string) {
    this.#socket = socket;
    this.at = at;
    this.#adapter = adapter;
    const isResending = plant === 'resend-on-timeout';
    this.gateway = (isResending ? plantOf(plant).gateway?.(adapter) : undefined) ?? adapter;
  }

  /** Resolves once the broker has said its hello. */
  static async open(port: number, { isRestart, plant }: { isRestart: boolean; plant: string }) {
    const socket = connect({ host: LOOPBACK, port, noDelay: true });
    const lines = createInterface({ input: socket });
    const [hello] = await once(lines, 'line');
    const Adapter = isRestart && plant === 'forget-fill' ? Forgetful : WireGateway;
    const adapter = new Adapter(ACCOUNT_ID, benchPaper().capabilities);
    const told = fromBroker(String(hello));
    const line = new BrokerLine(
      socket,
      told.kind === 'hello' ? told.at : undefined,
      adapter,
      plant,
    );
    lines.on('line', (text) => line.#hear(fromBroker(text)));
    return line;
  }

  /** True while the broker owes no answer. */
  get isQuiet(): boolean {
    return this.#open === 0;
  }

  say(line: string): void {
    this.#socket.write(`${this.#noted}${line}\n`);
    this.#noted = '';
  }

  /** Said in the same write as whatever follows from it. */
  note(line: string): void {
    this.#noted += `${line}\n`;
  }

  wire(effect: GatewayEffect, at: At): void {
    if (effect.kind !== 'httpSend') return;
    const intentId = effect.path.split('/').at(-1) ?? '';
    const gives = effect.method === 'POST' || effect.method === 'PUT';
    const intent = gives ? this.#adapter.orderOf(intentId)?.intent : undefined;
    this.#ask(`ask ${JSON.stringify({ at, send: effect, intent } satisfies Ask)}`);
  }

  tick(at: At): void {
    this.#ask(`tick ${JSON.stringify(at)}`);
  }

  end(): void {
    this.#socket.end();
  }

  #ask(line: string): void {
    this.#open += 1;
    this.say(line);
  }

  #hear(told: FromBroker): void {
    const isFrame = told.kind === 'wire' && told.wire.kind === 'socketFrame';
    if (!isFrame) this.#open -= 1;
    if (told.kind === 'wire') this.onWire(told.wire);
    this.onHeard();
  }
}

function fromBroker(text: string): FromBroker {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by witness.ts
  return JSON.parse(text) as FromBroker;
}
