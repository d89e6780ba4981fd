/**
 * What code for the edge may not do, read from its syntax tree: leave the package (a library, a built-in of Node), make code from
 * text, or wait while it is imported.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

interface Node {
  type: string;
  [field: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';
const named = (value: unknown, name: string): boolean =>
  isNode(value) && value.type === 'Identifier' && value.name === name;

/** A literal's, as written or as minifiers write it. */
function textOf({ value, quasis }: Node): string | undefined {
  if (Array.isArray(quasis)) return quasis.length === 1 ? quasis[0].value.cooked : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** What one module imports, and which rules it breaks. */
export function survey(code: string): { imports: string[]; broken: string[] } {
  const imports: string[] = [];
  const broken: string[] = [];
  const visit = (node: Node, inFunction: boolean): void => {
    const call = node.type === 'CallExpression' || node.type === 'NewExpression';
    if (call && (named(node.callee, 'eval') || named(node.callee, 'Function'))) broken.push('code from text');
    const waits = node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await === true);
    if (waits && !inFunction) broken.push('top-level await');
    if (/^(Import|ExportNamed|ExportAll)(Declaration|Expression)$/.test(node.type) && isNode(node.source)) {
      const name = textOf(node.source);
      if (name === undefined) broken.push('an import by a computed name');
      else imports.push(name);
    }
    const inner = inFunction || /Function/.test(node.type);
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child, inner);
  };
  visit(parseAst(code) as unknown as Node, false);
  return { imports, broken };
}

/**
 * Follows an entry's imports, `#names` by the package's `conditions`.
 * @returns the files reached, and what is broken, as `file: rule`
 */
export function surveyEntry(
  installed: string,
  entry: string,
  conditions: readonly string[],
): { files: string[]; broken: string[] } {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const files = new Set<string>();
  const broken: string[] = [];
  const follow = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    if (/\.wasm(\?module)?$/.test(file)) return;
    const found = survey(readFileSync(file, 'utf8'));
    broken.push(...found.broken.map((rule) => `${file}: ${rule}`));
    for (const specifier of found.imports) {
      const targets = manifest.imports[specifier];
      if (targets) follow(join(installed, targets[conditions.find((name) => targets[name]) ?? 'default']));
      else if (specifier.startsWith('.')) follow(resolve(dirname(file), specifier));
      else broken.push(`${file}: imports ${specifier}`);
    }
  };
  follow(join(installed, manifest.exports[entry].default));
  return { files: [...files], broken };
}
