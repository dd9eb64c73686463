/** One client of the stub's account socket. */
import type { StubClock } from './stub-clock.ts';
import type { StubLogin } from './stub-login.ts';

const SILENT_MILLIS = 60_000;

export interface StreamClient {
  send(text: string): void;
  close(): void;
}

export class StubStream {
  /** Takes frames and answers nothing, as a half-open connection does. */
  isHalfOpen = false;
  heartbeats = 0;
  readonly #clients = new Map<StreamClient, { connected: boolean; heard: number }>();
  readonly #clock: StubClock;
  readonly #login: StubLogin;
  readonly #account: string;
  #answers = 0;

  constructor(clock: StubClock, login: StubLogin, account: string) {
    this.#clock = clock;
    this.#login = login;
    this.#account = account;
  }

  join(client: StreamClient): void {
    this.#clients.set(client, { connected: false, heard: this.#clock.millis });
    this.#watch(client);
  }

  leave(client: StreamClient): void {
    this.#clients.delete(client);
  }

  /** Ends every connection. */
  dropAll(): void {
    for (const client of this.#clients.keys()) {
      this.#clients.delete(client);
      client.close();
    }
  }

  get connected(): number {
    return [...this.#clients.values()].filter(({ connected }) => connected).length;
  }

  onMessage(client: StreamClient, text: string): void {
    const state = this.#clients.get(client);
    if (state === undefined || this.isHalfOpen) return;
    const message = JSON.parse(text) as Record<string, unknown>;
    const action = String(message['action']);
    const reply = (status: string, rest: object): void => {
      this.#answers += 1;
      const id = message['request-id'];
      const echoed = this.#answers % 2 === 0 ? String(id) : id;
      const fixed = { status, action, 'web-socket-session-id': 'stub', 'request-id': echoed };
      client.send(JSON.stringify({ ...fixed, ...rest }));
    };
    if (!this.#login.isValid(String(message['auth-token']))) {
      reply('error', { message: 'unauthorized' });
      this.#clients.delete(client);
      client.close();
      return;
    }
    state.heard = this.#clock.millis;
    if (action === 'connect') {
      const value = message['value'] as string[];
      state.connected = value.includes(this.#account);
      if (state.connected) reply('ok', { value });
      else reply('error', { message: 'account not found' });
    } else if (action !== 'heartbeat') reply('error', { message: 'not implemented' });
    else if (state.connected) {
      this.heartbeats += 1;
      reply('ok', {});
    } else reply('error', { message: 'connect-not-completed' });
  }

  tell(frame: object): void {
    if (this.isHalfOpen) return;
    const text = JSON.stringify(frame);
    for (const [client, { connected }] of this.#clients) if (connected) client.send(text);
  }

  #watch(client: StreamClient): void {
    this.#clock.after(SILENT_MILLIS, () => {
      const state = this.#clients.get(client);
      if (state === undefined) return;
      if (this.#clock.millis - state.heard < SILENT_MILLIS) this.#watch(client);
      else {
        this.#clients.delete(client);
        client.close();
      }
    });
  }
}
