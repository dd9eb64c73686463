/**
 * What the main thread itself tells when the core cannot. No record of the journal holds it, so a file
 * of the home remembers what was told and not ended: the next engine that is ready ends it. Main thread
 * only.
 */
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AlertDelivery } from '../ops/alert-delivery-shell.ts';

const CODES = ['CLOCK_AHEAD', 'CORE_SILENT', 'ENGINE_FAILED', 'UNPROTECTED_AT_STOP'] as const;
export type HostAlertCode = (typeof CODES)[number];

export class HostAlerts {
  readonly #delivery: Pick<AlertDelivery, 'raise'>;
  readonly #path: string;
  /** What an engine of before left open. */
  readonly #before: readonly HostAlertCode[];
  #left: readonly HostAlertCode[];
  #remembered: Promise<void> = Promise.resolve();
  /** How often each was opened: what was opened again while its end was on its way stays open. */
  readonly #openings = new Map<HostAlertCode, number>();

  constructor(delivery: Pick<AlertDelivery, 'raise'>, home: string) {
    this.#delivery = delivery;
    this.#path = join(home, 'open-alerts');
    this.#before = leftIn(this.#path);
    this.#left = this.#before;
  }

  /** Resolves once every channel took it or gave up, and the file has it. */
  async open(code: HostAlertCode, text: string): Promise<void> {
    this.#openings.set(code, this.#openingsOf(code) + 1);
    const raised = this.#delivery.raise({ severity: 'critical', code, text, action: 'trigger' });
    await Promise.all([raised, this.#remember([...this.#leftWithout(code), code])]);
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
    await this.#remember(this.#leftWithout(code));
  }

  /** Tells that the core fell silent, or that it beats again. */
  async tellSilence(isSilent: boolean): Promise<void> {
    if (isSilent)
      await this.open('CORE_SILENT', 'the core thread has missed its heartbeats for two seconds');
    else await this.end('CORE_SILENT', 'the core thread beats again');
  }

  /** Ends what an engine of before left open. What this one has opened since is its own to end. */
  async endLeft(): Promise<void> {
    const left = this.#before.filter((code) => this.#openingsOf(code) === 0);
    await Promise.all(left.map((code) => this.end(code, 'an engine is ready again')));
  }

  #openingsOf(code: HostAlertCode): number {
    return this.#openings.get(code) ?? 0;
  }

  #leftWithout(code: HostAlertCode): readonly HostAlertCode[] {
    return this.#left.filter((left) => left !== code);
  }

  /** Resolves once the file has it. A disk that takes nothing, or hangs, keeps no page from leaving. */
  #remember(codes: readonly HostAlertCode[]): Promise<void> {
    this.#left = codes;
    this.#remembered = this.#remembered.then(() => write(this.#path, codes));
    return this.#remembered;
  }
}

function leftIn(path: string): readonly HostAlertCode[] {
  try {
    const codes = readFileSync(path, 'utf8').split('\n');
    return CODES.filter((code) => codes.includes(code));
  } catch {
    return [];
  }
}

async function write(path: string, codes: readonly HostAlertCode[]): Promise<void> {
  try {
    if (codes.length === 0) await rm(path, { force: true });
    else await writeFile(path, `${codes.join('\n')}\n`);
  } catch {
    // The page goes out all the same; its end is then for whoever was paged to say.
  }
}
