/**
 * Rules that check data of unknown origin (a recipe's JSON, a model's JSON, options from JavaScript) before anything runs on
 * it, and say what is wrong where.
 */
import { ArgumentError } from './errors.ts';
import { nearest } from './nearest.ts';

/** Where a value breaks its rule: `path` is what one would write to reach it, as `optimizer.lr`. */
export interface Problem {
  path: string;
  expected: string;
  got: unknown;
}

/** null if the value is as it should be. */
export type Rule = (value: unknown, path: string) => Problem | null;

/** A rule of one condition. `expected` says it in words. */
export function that(expected: string, accepts: (value: unknown) => boolean): Rule {
  return (got, path) => (accepts(got) ? null : { path, expected, got });
}

export const text: Rule = that('a text', (v) => typeof v === 'string' && v.length > 0);

export const flag: Rule = that('true or false', (v) => typeof v === 'boolean');

/** A number in [low, high]. */
export function number(low: number, high: number): Rule {
  return that(`a number from ${low} to ${high}`, (v) => typeof v === 'number' && v >= low && v <= high);
}

/** A number above 0. */
export const positive: Rule = that(
  'a number above 0',
  (v) => typeof v === 'number' && v > 0 && v < Number.POSITIVE_INFINITY,
);

/** A number in [low, high). */
export function below(low: number, high: number): Rule {
  return that(`a number from ${low} to below ${high}`, (v) => typeof v === 'number' && v >= low && v < high);
}

/** A whole number in [low, high]. */
export function whole(low: number, high = Number.MAX_SAFE_INTEGER): Rule {
  const expected =
    high === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${low}`
      : `a whole number from ${low} to ${high}`;
  return that(expected, (v) => Number.isSafeInteger(v) && (v as number) >= low && (v as number) <= high);
}

export function oneOf(...choices: readonly string[]): Rule {
  return that(`one of ${choices.join(', ')}`, (v) => typeof v === 'string' && choices.includes(v));
}

/** A list of at least `least` entries. */
export function listOf(item: Rule, least = 0): Rule {
  return (value, path) => {
    if (!Array.isArray(value)) return { path, expected: 'a list', got: value };
    if (value.length < least) return { path, expected: `at least ${least} entries`, got: value.length };
    return first(value.map((v, i) => item(v, `${path}[${i}]`)));
  };
}

/** An object with these keys and no others; those in `required` must be there. What is undefined counts as left out. */
export function fields(rules: Readonly<Record<string, Rule>>, required: readonly string[] = []): Rule {
  return (value, path) => {
    if (!isRecord(value)) return { path, expected: 'an object', got: value };
    const at = (key: string): string => (path === '' ? key : `${path}.${key}`);
    const known = Object.keys(rules);
    for (const key of Object.keys(value)) {
      if (!Object.hasOwn(rules, key)) {
        return {
          path: at(key),
          expected: known.length > 0 ? oneOfNames(known, key) : 'no options',
          got: key,
        };
      }
    }
    for (const key of required) {
      if (value[key] === undefined) return { path: at(key), expected: 'a value', got: undefined };
    }
    const given = Object.entries(value).filter(([, v]) => v !== undefined);
    return first(given.map(([key, v]) => rules[key](v, at(key))));
  };
}

/** An object from names to values that obey one rule, with one entry at least; `name` may refuse a name. */
export function recordOf(item: Rule, name: Rule = text): Rule {
  return (value, path) => {
    if (!isRecord(value)) return { path, expected: 'an object by layer', got: value };
    if (Object.keys(value).length === 0) return { path, expected: 'at least one layer', got: 'none' };
    return first(Object.entries(value).map(([key, v]) => name(key, path) ?? item(v, `${path}.${key}`)));
  };
}

/** An object whose fields depend on its `kind`. */
export function variants(kinds: Readonly<Record<string, Rule>>): Rule {
  const kind = oneOf(...Object.keys(kinds));
  return (value, path) => {
    if (!isRecord(value)) return { path, expected: 'an object with a kind', got: value };
    return kind(value.kind, `${path}.kind`) ?? kinds[value.kind as string](value, path);
  };
}

/** `one` if the value is no object, else `other`. */
export function either(one: Rule, other: Rule): Rule {
  return (value, path) => (isRecord(value) ? other(value, path) : one(value, path));
}

/** Both rules, the first broken one first. */
export function also(a: Rule, b: Rule): Rule {
  return (value, path) => a(value, path) ?? b(value, path);
}

/** Exactly one of these keys, of an object that is checked to be one already. */
export function exactlyOne(...keys: readonly string[]): Rule {
  return (value, path) => {
    const given = keys.filter((key) => Object.hasOwn(value as object, key));
    if (given.length === 1) return null;
    return {
      path: path || keys[0],
      expected: `exactly one of ${keys.join(', ')}`,
      got: given.join(', ') || 'none',
    };
  };
}

/**
 * Checks the options of a call; those that are undefined count as left out.
 * @throws ArgumentError naming the op, the path to what is wrong, what was expected and what was there
 */
export function obey(op: string, options: unknown, rule: Rule): void {
  const given = isRecord(options)
    ? Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))
    : options;
  const problem = rule(given, '');
  if (problem) throw new ArgumentError(op, problem.path || 'options', problem.expected, problem.got);
}

/** What to expect of a name: the choices, the likeliest first if one is close. */
export function oneOfNames(choices: readonly string[], got: unknown): string {
  const close = typeof got === 'string' ? nearest(got, choices) : undefined;
  const all = `one of ${choices.join(', ')}`;
  return close === undefined ? all : `'${close}' (${all})`;
}

/** At least one of these keys, of an object that is checked to be one already. */
export function atLeastOne(...keys: readonly string[]): Rule {
  return (value, path) => {
    if (keys.some((key) => Object.hasOwn(value as object, key))) return null;
    return { path: path || keys[0], expected: `at least one of ${keys.join(', ')}`, got: 'none' };
  };
}

/** low <= high, where both are given. */
export function ordered(low: string, high: string): Rule {
  return (value) => {
    const { [low]: a, [high]: b } = value as Record<string, number | undefined>;
    return a === undefined || b === undefined || a <= b
      ? null
      : { path: low, expected: `at most ${high} (${b})`, got: a };
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function first(problems: readonly (Problem | null)[]): Problem | null {
  return problems.find((problem) => problem !== null) ?? null;
}
