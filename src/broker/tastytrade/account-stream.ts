/**
 * tastytrade's account socket: hello, heartbeats, and the notifications in its frames. Pure.
 * The hello must come first; each message carries a token that is valid then, which the shell fills
 * in; silence of two heartbeats means that the other end is gone, whatever the socket says.
 */

import { z } from 'zod';
import type { At } from '../../engine/domain/clock.ts';
import { addMicros, MICROS_PER_SECOND } from '../../engine/domain/units.ts';
import type { GatewayEffect } from '../order-gateway.ts';
import { SECRET_MARKS } from '../order-gateway.ts';
import { jsonIn } from './envelope.ts';

const HEARTBEAT_MICROS = 20 * MICROS_PER_SECOND;
/** Nothing heard for this long: two heartbeats and what an answer may take. */
const SILENCE_MICROS = 45 * MICROS_PER_SECOND;
const HELLO_MICROS = 15 * MICROS_PER_SECOND;
const NOTHING: readonly GatewayEffect[] = [];

export interface Notification {
  readonly type: string;
  readonly data: unknown;
}

/** What one frame came to. */
export interface FrameRead {
  readonly effects: readonly GatewayEffect[];
  readonly notifications: readonly Notification[];
  /** True for the frame with which the stream began. */
  readonly hasBegun: boolean;
}

const note = z.object({ type: z.string(), data: z.unknown() });
const batch = z.object({ results: z.array(z.unknown()) });
const ack = z.object({
  status: z.string(),
  action: z.string().nullish(),
  message: z.string().nullish(),
});

type Phase = 'closed' | 'greeting' | 'live';

export class AccountStream {
  readonly #accountId: string;
  readonly #source: string;
  #phase: Phase = 'closed';
  #since = 0;
  #heardAt = 0;
  #beatAt = 0;
  #requests = 0;

  constructor(accountId: string, source: string) {
    this.#accountId = accountId;
    this.#source = source;
  }

  get isLive(): boolean {
    return this.#phase === 'live';
  }

  onOpen(at: At): readonly GatewayEffect[] {
    this.#phase = 'greeting';
    this.#since = at.wall;
    this.#heardAt = at.wall;
    return [this.#say({ action: 'connect', value: [this.#accountId], source: this.#source })];
  }

  /** A hello that was not answered may have been said under a login that is taken no more, as where the
   * token was revoked: nothing else would tell, for the account is not read while its stream is down. */
  onClosed(): readonly GatewayEffect[] {
    const wasGreeting = this.#phase === 'greeting';
    this.#phase = 'closed';
    return wasGreeting ? [{ kind: 'loginDoubted' }] : NOTHING;
  }

  onFrame(text: string, at: At): FrameRead {
    this.#heardAt = at.wall;
    const frame = jsonIn(text);
    const said = ack.safeParse(frame).data;
    if (said !== undefined) return this.#onAck(said, at);
    const parts = batch.safeParse(frame).data?.results ?? [frame];
    const notifications = parts.flatMap((part): readonly Notification[] => {
      const { data } = note.safeParse(part);
      return data === undefined ? [] : [data];
    });
    return { effects: NOTHING, notifications, hasBegun: false };
  }

  onClock(at: At): readonly GatewayEffect[] {
    if (this.#phase === 'greeting' && at.wall >= this.#since + HELLO_MICROS) {
      return this.#giveUp('the account stream did not answer its hello');
    }
    if (this.#phase !== 'live') return NOTHING;
    if (at.wall >= this.#heardAt + SILENCE_MICROS) {
      return this.#giveUp('the account stream answers no heartbeats');
    }
    if (at.wall < this.#beatAt) return NOTHING;
    this.#beatAt = addMicros(at.wall, HEARTBEAT_MICROS);
    return [this.#say({ action: 'heartbeat' })];
  }

  #onAck({ status, action, message }: z.infer<typeof ack>, at: At): FrameRead {
    const isRefused = status !== 'ok';
    if (isRefused) {
      const effects = this.#giveUp(`the account stream refused ${action}: ${message ?? status}`);
      return {
        effects: [{ kind: 'loginDoubted' }, ...effects],
        notifications: [],
        hasBegun: false,
      };
    }
    const hasBegun = action === 'connect' && this.#phase === 'greeting';
    if (hasBegun) {
      this.#phase = 'live';
      this.#beatAt = at.wall;
    }
    return { effects: hasBegun ? this.onClock(at) : NOTHING, notifications: [], hasBegun };
  }

  #giveUp(reason: string): readonly GatewayEffect[] {
    this.#phase = 'closed';
    return [{ kind: 'socketReset', reason: reason.slice(0, 200) }];
  }

  #say(message: Readonly<Record<string, unknown>>): GatewayEffect {
    this.#requests += 1;
    const authorized = { ...message, 'auth-token': `Bearer ${SECRET_MARKS.accessToken}` };
    const text = JSON.stringify({ ...authorized, 'request-id': this.#requests });
    return { kind: 'socketSend', text };
  }
}
