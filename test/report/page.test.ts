/** The page stands alone, holds every section, survives hostile names, and says what it could not read. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode } from '../../src/format/index.ts';
import { readFolder } from '../../src/report/folder.ts';
import { reportPage, writeReport } from '../../src/report/page.ts';
import { HOSTILE, put, variants } from './project.ts';

const root = mkdtempSync(join(tmpdir(), 'paring report ü '));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const folderFor = (name: string): string => mkdtempSync(join(root, name));

const graphs = await variants();

/** Names of elements that are opened and not closed in order; strict as XML, apart from HTML's empty elements. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  const content = html.replace(/<(style|script)>[\s\S]*?<\/\1>/g, '');
  for (const [, close, name, , self] of content.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)((?:[^<>"]|"[^"]*")*?)(\/?)>/g,
  )) {
    if (self || /^(meta|link|img|br)$/.test(name)) continue;
    if (!close) open.push(name);
    else if (open.pop() !== name) wrong.push(name);
  }
  return [...wrong, ...open];
}

const headings = (html: string): string[] => [...html.matchAll(/<h3>([^<]*)</g)].map((match) => match[1]);

describe('a folder with everything', () => {
  let page = '';
  beforeAll(async () => {
    const folder = folderFor('whole');
    for (const [name, graph] of Object.entries(graphs)) put(folder, name, graph, {});
    await writeReport(folder);
    page = readFileSync(join(folder, 'report.html'), 'utf8');
  });

  test('is one document that asks for nothing else', () => {
    expect(page).not.toMatch(/https?:/);
    const links = [...page.matchAll(/(?:src|href|url\()=?["']?([^"')\s>]*)/g)].map((match) => match[1]);
    expect(links.filter((link) => link !== '' && !/^(data:|#)/.test(link))).toEqual([]);
    expect(page).not.toMatch(/@import|<iframe|<object/);
  });

  test('is well formed, and every id and link within it fits', () => {
    expect(unbalanced('<p><b></p></b>')).not.toEqual([]);
    expect(unbalanced(page.replace('<!doctype html>', ''))).toEqual([]);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, link] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(decodeURIComponent(link));
  });

  test('has every section', () => {
    for (const title of ['Overview', 'Accuracy against size and time', 'The models, one by one']) {
      expect(page).toContain(`<h2>${title}</h2>`);
    }
    const quantized = page.slice(page.indexOf('id="model-quantized"')).split('</article>')[0];
    expect(headings(quantized)).toEqual([
      'Training',
      'Weights by layer',
      'Importance and sparsity by layer',
      'Quantization error by layer',
      'Bytes by layer and encoding',
      'Confusion',
      'Misread images',
      'First-layer filters',
      'Recipe and lineage',
    ]);
    for (const curve of ['loss', 'accuracy, %', 'learning rate', 'gradient norm', 'weights pruned, %']) {
      expect(quantized).toContain(`<strong>${curve}</strong>`);
    }
    const shared = page.slice(page.indexOf('id="model-shared"')).split('</article>')[0];
    expect(shared).toContain('4 centroids');
    expect(page.match(/class="model"/g)).toHaveLength(4);
  });

  test('draws with the page’s colours and font', () => {
    const svgs = page.match(/<svg[\s\S]*?<\/svg>/g) ?? [];
    expect(svgs.length).toBeGreaterThan(20);
    for (const svg of svgs) {
      expect(svg).not.toMatch(/(fill|stroke)="(#|rgb|black|white|steelblue)/);
      expect(svg).not.toContain('font-family');
      expect(svg).toMatch(/^<svg role="img" aria-label="[^"]+"/);
    }
  });

  test('bytes of a model add up to its file', () => {
    const base = page.slice(page.indexOf('id="model-base"')).split('</article>')[0];
    const rows = base.slice(base.indexOf('Bytes by layer')).split('</table>')[0];
    const counts = [...rows.matchAll(/<tr>(?:<th.*?<\/th>)<td.*?<\/td><td.*?<\/td><td>([\d,]+)<\/td>/g)];
    const numbers = counts.map((match) => Number(match[1].replaceAll(',', '')));
    expect(numbers.length).toBeGreaterThan(4);
    const total = numbers.pop() as number;
    // Without activations their one byte, which says so, has no row.
    expect(numbers.reduce((a, b) => a + b, 0)).toBe(total - 1);
  });
});

test('without results the page shows what the files say, and how to get the rest', async () => {
  const folder = folderFor('bare');
  for (const [name, graph] of Object.entries(graphs)) put(folder, name, graph);
  const page = await reportPage(await readFolder(folder));
  expect(unbalanced(page.replace('<!doctype html>', ''))).toEqual([]);
  for (const command of ['paring train', 'paring importance', 'paring evaluate base.paring']) {
    expect(page).toContain(`<code>${command}`);
  }
  expect(headings(page)).toContain('Bytes by layer and encoding');
  expect(headings(page)).not.toContain('Misread images');
  expect(page).not.toMatch(/NaN|undefined|Infinity/);
});

test('hostile names are shown, not obeyed', async () => {
  const folder = folderFor('hostile');
  const base = { ...graphs.base, name: HOSTILE };
  const classes = [HOSTILE, `</script>${HOSTILE}`, 'c'];
  const bytes = decode(new Uint8Array(readPut(folder, base)));
  expect(bytes.name).toBe(HOSTILE);
  const { evaluation } = JSON.parse(readFileSync(join(folder, 'base.result.json'), 'utf8'));
  const name = "<b>'&x";
  put(folder, name, graphs.pruned, {
    title: HOSTILE,
    machine: HOSTILE,
    evaluation: { ...evaluation, classes, sha256: 'x' },
    parent: 'base.paring',
  });
  put(folder, 'base', base, { title: HOSTILE, evaluation: { ...evaluation, classes } });
  const page = await reportPage(await readFolder(folder));
  expect(page).not.toMatch(/<img src=x|<b>'|onerror="/);
  expect(page).toContain('&lt;img src=x');
  expect(unbalanced(page.replace('<!doctype html>', ''))).toEqual([]);
  expect(page).toContain('is of another version of it');
});

function readPut(folder: string, graph: Parameters<typeof put>[2]): Buffer {
  put(folder, 'base', graph, {});
  return readFileSync(join(folder, 'base.paring'));
}

test('what cannot be read is listed with the reason, and the rest is shown', async () => {
  const folder = folderFor('damaged');
  put(folder, 'base', graphs.base, {});
  put(folder, 'cut', graphs.pruned);
  truncateSync(join(folder, 'cut.paring'), 40);
  put(folder, 'odd', graphs.shared);
  writeFileSync(join(folder, 'odd.result.json'), '{"name": 5}');
  writeFileSync(
    join(folder, 'base.log.jsonl'),
    '{"type":"step","recipeStep":0,"step":1,"loss":1,"top1":0,"lr":1}\n{"type":',
  );
  const project = await readFolder(folder);
  expect(project.models.map((model) => model.name)).toEqual(['base', 'odd']);
  expect(project.models[0].log).toHaveLength(1);
  expect(project.unreadable.map(({ file }) => file)).toEqual(['cut.paring', 'odd.result.json']);
  expect(project.unreadable[0].error).toMatch(/byte \d+/);
  expect(project.unreadable[1].error).toContain('result.name: expected a text, got 5');
  const page = await reportPage(project);
  expect(page).toContain('Could not be read');
  expect(page).toContain('cut.paring');
});

test('a folder without models is refused', async () => {
  await expect(readFolder(folderFor('empty'))).rejects.toThrow('a folder with .paring files, got none');
  await expect(readFolder(join(root, 'nowhere'))).rejects.toThrow('a folder that can be read');
});
