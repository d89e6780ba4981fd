/** The documents name files and link to each other: every path they name exists, every relative link and anchor resolves. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'assembly/README.md',
  ...docs.map((name) => `docs/${name}`),
];

/** Paths from the root into a folder that is in the repository. What a build or a run makes is not. */
const path = /(?<![\w./@-])(?:\.ci|src|assembly|bench|test|docs|scripts|examples)\/[\w.*-]+(?:\/[\w.*-]+)*/g;

/** The paths that a document says are there; files that an example change adds are not yet. */
function pathsIn(text: string): string[] {
  const added = new Set([...text.matchAll(/^--- \/dev\/null\n\+\+\+ (\S+)$/gm)].map((match) => match[1]));
  const found = [...text.matchAll(path)].map((match) => match[0].replace(/[.,]+$/, ''));
  return [...new Set(found)].filter((name) => !name.includes('*') && !added.has(name));
}

/** Targets of Markdown links that lead to a file of the repository or to a heading. */
function linksIn(text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that GitHub gives to a document's headings. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('paths and links are found, and files that a diff adds are left out', () => {
  const text =
    'See src/a.ts, (`bench/b/c.ts`) and [d](e.md#f).\n--- /dev/null\n+++ src/new.ts\nnode dist/src/x.js';
  expect(pathsIn(text)).toEqual(['src/a.ts', 'bench/b/c.ts']);
  expect(linksIn(text)).toEqual(['e.md#f']);
});

describe.each(documents)('%s', (document) => {
  const text = readFileSync(join(root, document), 'utf8');

  test('names only files that exist', () => {
    expect(pathsIn(text).filter((name) => !existsSync(join(root, name)))).toEqual([]);
  });

  test('links only to what exists', () => {
    const broken = linksIn(text).filter((target) => {
      const [file, anchor] = target.split('#');
      const full =
        file === '' ? join(root, document) : join(root, dirname(document), decodeURIComponent(file));
      if (!existsSync(full)) return true;
      return (
        anchor !== undefined && full.endsWith('.md') && !anchorsOf(readFileSync(full, 'utf8')).has(anchor)
      );
    });
    expect(broken).toEqual([]);
  });
});
