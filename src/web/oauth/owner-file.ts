/** A small JSON file that its owner alone can read: replaced in one step, checked when read. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { DeltaringError } from '../../engine/domain/errors.ts';
import { syncFolder } from '../../ops/folder-sync.ts';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

export interface OwnerFileOptions<Shape extends z.ZodType> {
  readonly path: string;
  readonly shape: Shape;
  /** What follows once a broken file is out of the way. */
  readonly next: string;
  readonly log: (line: string) => void;
}

/** The operating system's code of an error; undefined where it is no error of the system. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

/** Main thread only. */
export class OwnerFile<Shape extends z.ZodType> {
  readonly #options: OwnerFileOptions<Shape>;

  constructor(options: OwnerFileOptions<Shape>) {
    this.#options = options;
  }

  /**
   * What it holds; undefined where there is no file yet. One whose contents are broken, as by a power
   * cut, is set aside and told: who was let in is let in again, and the engine runs, for no exit waits
   * for this file. Throws CONFIG_INVALID where the system does not give it.
   */
  read(): z.output<Shape> | undefined {
    const { path, shape, next, log } = this.#options;
    try {
      return shape.parse(JSON.parse(readFileSync(path, 'utf8')));
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') return undefined;
      if (code !== undefined) {
        throw new DeltaringError('CONFIG_INVALID', `${path} cannot be read (${code})`, error);
      }
      const aside = `${path}.broken`;
      renameSync(path, aside);
      log(`${path} is broken: it is set aside as ${aside}, and ${next}`);
      return undefined;
    }
  }

  /** Replaces it, durably. Throws where it cannot be written, and leaves nothing beside it. */
  write(value: z.input<Shape>): void {
    const { path } = this.#options;
    mkdirSync(dirname(path), { recursive: true, mode: OWNER_ONLY_FOLDER });
    const draft = `${path}.${process.pid}`;
    const text = `${JSON.stringify(value, null, 2)}\n`;
    try {
      writeFileSync(draft, text, { mode: OWNER_ONLY_FILE, flush: true });
      renameSync(draft, path);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
    syncFolder(dirname(path));
  }

  /** The same, but goes on where it cannot be written: false, and told. The next write holds it too. */
  keep(value: z.input<Shape>): boolean {
    try {
      this.write(value);
      return true;
    } catch (error) {
      const { path, log } = this.#options;
      const why = codeOf(error) ?? 'unknown';
      log(`${path} cannot be written (${why}): what is new in it is lost with a restart`);
      return false;
    }
  }
}
