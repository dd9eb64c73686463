/** A refresh token that the broker renewed, kept for the next start in a file of the owner alone. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const FILE_NAME = 'refresh-token.json';
const OWNER_ONLY = 0o600;
const OWNER_ONLY_FOLDER = 0o700;

const contents = z.object({ from: z.string(), token: z.string().min(1) });

/** Names the configured token that a renewed one descends from: another one in the settings wins. */
function hashOf(configured: string): string {
  return createHash('sha256').update(configured).digest('hex');
}

export class RefreshTokenFile {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The newest descendant of the configured token; undefined where it was never renewed. */
  read(configured: string): string | undefined {
    try {
      const kept = contents.parse(JSON.parse(readFileSync(join(this.#folder, FILE_NAME), 'utf8')));
      return kept.from === hashOf(configured) ? kept.token : undefined;
    } catch {
      return undefined;
    }
  }

  /** Replaces the file in one step. Throws where it cannot be written, and leaves nothing beside it. */
  write(configured: string, token: string): void {
    mkdirSync(this.#folder, { recursive: true, mode: OWNER_ONLY_FOLDER });
    const path = join(this.#folder, FILE_NAME);
    const beside = `${path}.${randomUUID()}`;
    const text = JSON.stringify({ from: hashOf(configured), token });
    try {
      writeFileSync(beside, text, { mode: OWNER_ONLY, flag: 'wx', flush: true });
      renameSync(beside, path);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
  }
}
