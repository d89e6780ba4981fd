/** --config: a JSON file with the names of options as keys. What the command line says wins. */
import type { Command, Option } from 'commander';
import { ArgumentError } from '../core/errors.ts';
import { oneOfNames } from '../core/rules.ts';
import { readJson } from './files.ts';
import { FIT_KEYS, jsonKinds } from './options.ts';

/**
 * Lays the options of --config under those of the command line. Keys are the long names, as `checkpoint-every` or
 * `checkpointEvery`; verbs that train also take the objects of a recipe's training step (optimizer, schedule, augment...).
 * @returns the options, checked alike whether they came from the command line or from the file
 * @throws ArgumentError naming file and key: unknown, of the wrong type, or out of range
 */
export function settle<T>(command: Command): T {
  const path = command.getOptionValue('config') as string | undefined;
  if (path !== undefined) merge(command, path, readJson(path));
  return command.opts() as T;
}

type Refusal = (key: string, expected: string, got: unknown) => ArgumentError;

function merge(command: Command, path: string, config: unknown): void {
  const refusal: Refusal = (key, expected, got) =>
    new ArgumentError(path, key, expected, typeof got === 'object' ? JSON.stringify(got) : got);
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw refusal('value', 'an object', config);
  }
  const byKey = new Map<string, Option>();
  for (const option of command.options) byKey.set(option.attributeName(), option);
  byKey.delete('config');
  const fitKeys = byKey.has('lr') ? FIT_KEYS : [];
  const fitOptions: Record<string, unknown> = {};
  for (const [written, value] of Object.entries(config)) {
    const key = written.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const option = byKey.get(key);
    if (fitKeys.includes(key) && !(option && typeof value === 'string')) {
      fitOptions[key] = value;
    } else if (!option) {
      throw refusal(written, oneOfNames([...new Set([...byKey.keys(), ...fitKeys])], key), written);
    } else if (command.getOptionValueSource(key) !== 'cli') {
      command.setOptionValueWithSource(key, parsed(option, written, value, refusal), 'config');
    }
  }
  if (Object.keys(fitOptions).length > 0)
    command.setOptionValueWithSource('fitOptions', fitOptions, 'config');
}

/** What the same value as a text on the command line would have given. */
function parsed(option: Option, key: string, value: unknown, refusal: Refusal): unknown {
  if (option.isBoolean()) {
    if (typeof value !== 'boolean') throw refusal(key, 'true or false', value);
    return value;
  }
  const text = asText(value, option.parseArg && jsonKinds.get(option.parseArg));
  if (typeof text !== 'string') throw refusal(key, text.expected, value);
  try {
    return option.parseArg ? option.parseArg(text, undefined) : text;
  } catch (error) {
    const [expected] = (error as Error).message.replace(/^expected /, '').split('\n');
    throw refusal(key, expected, value);
  }
}

function asText(
  value: unknown,
  kind?: 'number' | 'list' | 'byLayer' | 'numberOrText',
): string | { expected: string } {
  switch (kind) {
    case 'number':
      return typeof value === 'number' ? String(value) : { expected: 'a number' };
    case 'numberOrText':
      return typeof value === 'number' || typeof value === 'string'
        ? String(value)
        : { expected: 'a number or a text' };
    case 'list':
      return Array.isArray(value) ? value.join(',') : { expected: 'a list of names' };
    case 'byLayer':
      if (typeof value === 'number') return String(value);
      if (typeof value !== 'object' || value === null) return { expected: 'a number, or one by layer' };
      return Object.entries(value)
        .map(([layer, number]) => `${layer}=${number}`)
        .join(',');
    default:
      return typeof value === 'string' ? value : { expected: 'a text' };
  }
}
