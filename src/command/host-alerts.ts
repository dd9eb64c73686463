/**
 * What the main thread itself tells when the core cannot. No record of the journal holds it, so a file
 * of the home remembers what was told and not ended: the next engine that is ready ends it. Main thread
 * only.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertDelivery } from '../ops/alert-delivery-shell.ts';

const CODES = ['CORE_SILENT', 'ENGINE_FAILED', 'UNPROTECTED_AT_STOP'] as const;
export type HostAlertCode = (typeof CODES)[number];

export class HostAlerts {
  readonly #delivery: Pick<AlertDelivery, 'raise'>;
  readonly #path: string;
  /** What an engine of before left open. */
  readonly #before: readonly HostAlertCode[];
  /** How often each was opened: what was opened again while its end was on its way stays open. */
  readonly #openings = new Map<HostAlertCode, number>();

  constructor(delivery: Pick<AlertDelivery, 'raise'>, home: string) {
    this.#delivery = delivery;
    this.#path = join(home, 'open-alerts');
    this.#before = this.#left();
  }

  /** Resolves once every channel took it or gave up. */
  async open(code: HostAlertCode, text: string): Promise<void> {
    this.#openings.set(code, this.#openingsOf(code) + 1);
    this.#remember([...this.#left().filter((left) => left !== code), code]);
    await this.#delivery.raise({ severity: 'critical', code, text, action: 'trigger' });
  }

  /** Remembered as open until every channel has taken its end. */
  async end(code: HostAlertCode, text: string): Promise<void> {
    const openings = this.#openingsOf(code);
    const isTaken = await this.#delivery.raise({
      severity: 'critical',
      code,
      text,
      action: 'resolve',
    });
    if (!isTaken || this.#openingsOf(code) !== openings) return;
    this.#remember(this.#left().filter((left) => left !== code));
  }

  /** Ends what an engine of before left open. What this one has opened since is its own to end. */
  async endLeft(): Promise<void> {
    const left = this.#before.filter((code) => this.#openingsOf(code) === 0);
    await Promise.all(left.map((code) => this.end(code, 'an engine is ready again')));
  }

  #openingsOf(code: HostAlertCode): number {
    return this.#openings.get(code) ?? 0;
  }

  #left(): readonly HostAlertCode[] {
    try {
      const codes = readFileSync(this.#path, 'utf8').split('\n');
      return CODES.filter((code) => codes.includes(code));
    } catch {
      return [];
    }
  }

  /** A disk that takes nothing must not keep a page from leaving. */
  #remember(codes: readonly HostAlertCode[]): void {
    try {
      if (codes.length === 0) rmSync(this.#path, { force: true });
      else writeFileSync(this.#path, `${codes.join('\n')}\n`);
    } catch {
      // The page goes out all the same; its end is then for whoever was paged to say.
    }
  }
}
