/** Questions to a value that JSON.parse made of somebody else's text. All throw FormatError at the header's offset. */
import { FormatError } from '../core/errors.ts';

/** Deepest nesting of a header. */
const DEEPEST = 32;

export class Check {
  private readonly offset: number;
  constructor(offset: number) {
    this.offset = offset;
  }

  fail(what: string, expected: string, got: unknown): never {
    const text = typeof got === 'object' ? (JSON.stringify(got)?.slice(0, 80) ?? 'nothing') : String(got);
    throw new FormatError(this.offset, `header: ${what}: ${expected}`, text);
  }

  /** The text as JSON; no key is `__proto__`, nothing nests deeper than 32. */
  json(text: string): unknown {
    let depth = 0;
    let quoted = false;
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (quoted) {
        if (c === '\\') i += 1;
        else if (c === '"') quoted = false;
      } else if (c === '"') {
        quoted = true;
      } else if (c === '[' || c === '{') {
        depth += 1;
        if (depth > DEEPEST) this.fail('nesting', `at most ${DEEPEST} deep`, depth);
      } else if (c === ']' || c === '}') {
        depth -= 1;
      }
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return this.fail('text', 'JSON', error);
    }
    this.noPrototype(value);
    return value;
  }

  private noPrototype(value: unknown): void {
    if (typeof value !== 'object' || value === null) return;
    if (Object.hasOwn(value, '__proto__')) this.fail('keys', 'names of their own', '__proto__');
    for (const part of Object.values(value)) this.noPrototype(part);
  }

  record(value: unknown, what: string): Record<string, unknown> {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.fail(what, 'an object', value);
    }
    return value as Record<string, unknown>;
  }

  list(value: unknown, what: string): unknown[] {
    return Array.isArray(value) ? value : this.fail(what, 'a list', value);
  }

  /** A name: 1 to 256 characters, no control characters. */
  name(value: unknown, what: string): string {
    const good =
      typeof value === 'string' && value.length >= 1 && value.length <= 256 && !/\p{Cc}/u.test(value);
    return good ? value : this.fail(what, 'a name of 1 to 256 characters', value);
  }

  string(value: unknown, what: string): string {
    return typeof value === 'string' ? value : this.fail(what, 'a text', value);
  }

  whole(value: unknown, what: string, least: number, most: number): number {
    const good = typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
    return good ? value : this.fail(what, `a whole number in [${least}, ${most}]`, value);
  }

  finite(value: unknown, what: string): number {
    return typeof value === 'number' && Number.isFinite(value)
      ? value
      : this.fail(what, 'a finite number', value);
  }

  oneOf<T extends string>(value: unknown, choices: readonly T[], what: string): T {
    return choices.includes(value as T)
      ? (value as T)
      : this.fail(what, `one of ${choices.join(', ')}`, value);
  }

  /** Field `key` of a record; undefined if it has none of its own. */
  field(record: Record<string, unknown>, key: string): unknown {
    return Object.hasOwn(record, key) ? record[key] : undefined;
  }
}
