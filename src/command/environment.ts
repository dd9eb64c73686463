/** The environment of a command: `.env` of the working folder under the variables that are set. */
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type Config, readConfig } from '../config.ts';
import { DeltaringError } from '../engine/domain/errors.ts';

/** Reads the configuration. Throws CONFIG_INVALID naming every fault. */
export function configOf(environment = process.env, folder = process.cwd()): Config {
  const path = `${folder}/.env`;
  if (!existsSync(path)) return readConfig(environment);
  try {
    return readConfig({ ...parseEnv(readFileSync(path, 'utf8')), ...environment });
  } catch (error) {
    if (error instanceof DeltaringError) throw error;
    throw new DeltaringError('CONFIG_INVALID', `${path} cannot be read: make it readable`, error);
  }
}
