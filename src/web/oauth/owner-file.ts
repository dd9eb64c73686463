/** A small JSON file that its owner alone can read: replaced in one step, checked when read. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { DeltaringError } from '../../engine/domain/errors.ts';

const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Main thread only. */
export class OwnerFile<Shape extends z.ZodType> {
  readonly #path: string;
  readonly #shape: Shape;
  readonly #next: string;

  /** `next` is what follows once a broken file is deleted. */
  constructor(path: string, shape: Shape, next = 'OAuth clients connect again') {
    this.#path = path;
    this.#shape = shape;
    this.#next = next;
  }

  /** What it holds; undefined where there is no file yet. Throws CONFIG_INVALID where it is broken:
   * what cannot be read is never taken for empty. */
  read(): z.output<Shape> | undefined {
    try {
      return this.#shape.parse(JSON.parse(readFileSync(this.#path, 'utf8')));
    } catch (error) {
      if (isMissing(error)) return undefined;
      const message = `${this.#path} cannot be read: delete it, and ${this.#next}`;
      throw new DeltaringError('CONFIG_INVALID', message, error);
    }
  }

  write(value: z.input<Shape>): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: OWNER_ONLY_FOLDER });
    const draft = `${this.#path}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: OWNER_ONLY_FILE });
    renameSync(draft, this.#path);
  }
}
