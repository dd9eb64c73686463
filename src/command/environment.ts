/** The environment of a command: `.env` of the working folder under the variables that are set. */
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { type Config, homeOf, type OtherFaults, readConfig } from '../config.ts';
import { DeltaringError } from '../engine/domain/errors.ts';

type Variables = Readonly<Record<string, string | undefined>>;

function variablesOf(environment: Variables, folder: string): Variables {
  const path = `${folder}/.env`;
  if (!existsSync(path)) return environment;
  try {
    return { ...parseEnv(readFileSync(path, 'utf8')), ...environment };
  } catch (error) {
    throw new DeltaringError('CONFIG_INVALID', `${path} cannot be read: make it readable`, error);
  }
}

/** Reads the configuration. Throws CONFIG_INVALID naming every fault, `otherFaults` among them. The AWS
 * variables go on into this process, the only place that the client of the bucket takes them from. */
export function configOf(
  environment: Variables = process.env,
  folder = process.cwd(),
  otherFaults?: OtherFaults,
): Config {
  const variables = variablesOf(environment, folder);
  for (const [name, value] of Object.entries(variables)) {
    if (name.startsWith('AWS_')) process.env[name] ??= value;
  }
  return readConfig(variables, otherFaults);
}

/** Where the engine of these settings lives: known also where another setting has a fault, so that what
 * must reach the engine does. Throws CONFIG_INVALID where `.env` cannot be read. */
export function engineHome(environment: Variables = process.env, folder = process.cwd()): string {
  return homeOf(variablesOf(environment, folder));
}
