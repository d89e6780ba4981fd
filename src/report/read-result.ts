/** Reads a STEM.result.json: anything may stand in a file, so what the page shows is checked first. */
import { readFileSync } from 'node:fs';
import { DataError } from '../core/errors.ts';
import type { ModelResult } from './result.ts';

type Rule = (value: unknown, at: string) => void;

/** @throws DataError naming the file, the field, what was expected and what was found */
export function readResult(path: string): ModelResult {
  const refuse = (at: string, expected: string, got: unknown): never => {
    const found = got === undefined ? 'nothing' : JSON.stringify(got).slice(0, 80);
    throw new DataError(`${path}: ${at}`, expected, found);
  };
  const string: Rule = (v, at) => typeof v === 'string' || refuse(at, 'a text', v);
  const number: Rule = (v, at) => Number.isFinite(v) || refuse(at, 'a number', v);
  const base64: Rule = (v, at) =>
    (typeof v === 'string' && /^[A-Za-z0-9+/]+=*$/.test(v)) || refuse(at, 'base64', v);
  /** NaN becomes null in JSON: a time that was not measured. */
  const maybe =
    (rule: Rule): Rule =>
    (v, at) =>
      v === undefined || v === null || rule(v, at);
  const list =
    (rule: Rule): Rule =>
    (v, at) => {
      if (!Array.isArray(v)) refuse(at, 'a list', v);
      for (const [i, item] of (v as unknown[]).entries()) rule(item, `${at}[${i}]`);
    };
  const record =
    (rules: Record<string, Rule>): Rule =>
    (v, at) => {
      if (typeof v !== 'object' || v === null || Array.isArray(v)) refuse(at, 'an object', v);
      for (const [key, rule] of Object.entries(rules))
        rule((v as Record<string, unknown>)[key], `${at}.${key}`);
    };

  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new DataError(path, 'JSON', (cause as Error).message);
  }
  record({
    name: string,
    title: string,
    verb: string,
    version: string,
    parent: maybe(string),
    log: maybe(string),
    seed: number,
    seconds: number,
    machine: string,
    node: string,
    recipe: maybe(record({ name: string, steps: list(record({ step: string })) })),
    data: maybe(
      record({ source: string, description: string, train: number, validation: number, test: number }),
    ),
    history: maybe(
      list(
        record({
          epoch: number,
          step: number,
          loss: number,
          top1: number,
          lr: number,
          validation: maybe(record({ loss: number, top1: number })),
        }),
      ),
    ),
    reports: maybe(
      list(
        record({ step: string, index: number, validation: maybe(record({ top1: number, loss: number })) }),
      ),
    ),
    evaluation: maybe(
      record({
        sha256: string,
        images: number,
        top1: number,
        loss: number,
        classes: list(string),
        confusion: list(list(number)),
        misread: list(
          record({ index: number, label: number, predicted: number, confidence: number, png: base64 }),
        ),
        ms1: maybe(number),
        ms32: maybe(number),
      }),
    ),
    importance: maybe(
      list(
        record({
          criterion: string,
          param: string,
          channels: list(number),
          mean: number,
          quantiles: list(number),
        }),
      ),
    ),
  })(value, 'result');
  return value as ModelResult;
}
