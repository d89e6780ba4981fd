/** docs/walkthrough.md, command by command, in one folder, on a few images. What the page promises must be so. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decode } from '../../src/format/index.ts';
import { paring, workFolder, writeMnist, writePictures } from './shell.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/walkthrough.md'), 'utf8');
const folder = workFolder();

beforeAll(async () => {
  // A folder called mnist goes before the set of that name.
  await writeMnist(folder, 600, 200);
  writePictures(folder, 12);
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/paring'), 'junction');
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Block {
  kind: string;
  /** Name of the file, for what is no shell. */
  file: string;
  text: string;
}
const blocks: Block[] = [...page.matchAll(/^```(\w+) ?([\w.]*)\n(.*?)^```$/gms)].map(
  ([, kind, file, text]) => ({
    kind,
    file,
    text,
  }),
);
const commands = blocks.flatMap(({ kind, file, text }) =>
  kind === 'sh' ? text.trim().split('\n') : [`write ${file}`],
);

/** Fewer epochs and images; all else stays. */
function quicker(command: string): string {
  return command.replace(/--(epochs|finetune|qat) \d+/g, '--$1 1').replace(/--samples \d+/, '--samples 20');
}

describe('the walkthrough', () => {
  test('has blocks of all kinds', () => {
    expect(new Set(blocks.map(({ kind }) => kind))).toEqual(new Set(['sh', 'json', 'js']));
    expect(commands.length).toBeGreaterThan(20);
  });

  // Fetching is tested where it is made; here the folder stands in for it.
  test.each(commands.filter((command) => command !== 'paring data mnist'))('%s', (command) => {
    const [program, ...args] = quicker(command).split(' ');
    if (program === 'write') {
      const { text } = blocks.find(({ file }) => file === args[0]) as Block;
      writeFileSync(join(folder, args[0]), text);
      return;
    }
    if (program === 'node') {
      const result = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
      expect(result.stderr).toBe('');
      expect(['cat', 'dog', 'ünicorn']).toContain(result.stdout.trim());
      return;
    }
    const redirect = args.indexOf('>');
    const target = redirect < 0 ? undefined : args.splice(redirect)[1];
    const { status, stdout, stderr } = paring(folder, ...args);
    expect(stderr).not.toContain('paring:');
    expect(status).toBe(0);
    expect(stdout).not.toBe('');
    if (target !== undefined) {
      expect(stderr).toBe('');
      writeFileSync(join(folder, target), stdout);
    }
  });

  test('what it leaves: models with their lineage, results, the report', () => {
    const lineage = (name: string): string[] =>
      decode(readFileSync(join(folder, `${name}.paring`))).meta.lineage?.steps.map(({ step }) => step) ?? [];
    expect(lineage('lenet5')).toEqual(['train']);
    expect(lineage('deep')).toEqual(['train', 'prune', 'finetune', 'share', 'finetune']);
    expect(lineage('narrow-int8')).toEqual(['train', 'removeChannels', 'finetune', 'quantize', 'finetune']);
    expect(lineage('pets-small')).toEqual(['train', 'pruneGradually', 'quantize', 'distill']);
    const result = JSON.parse(readFileSync(join(folder, 'lenet5-pruned.result.json'), 'utf8'));
    expect(result).toMatchObject({ verb: 'prune', parent: 'lenet5.paring', seed: 1 });
    expect(result.evaluation.images).toBe(200);
    expect(JSON.parse(readFileSync(join(folder, 'tiny.json'), 'utf8')).images).toBe(200);
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('narrow-int8');
    expect(existsSync(join(folder, 'lenet5.checkpoint'))).toBe(false);
  });

  test('pruning by a file of scores is pruning by the criterion that made them', () => {
    const sparse = ['--sparsity', '0.5', '--quiet'];
    const how = ['--criterion', 'fisher', '--samples', '20'];
    paring(folder, 'prune', 'lenet5.paring', '--scores', 'scores.npz', ...sparse, '--out', 'by-file.paring');
    paring(folder, 'prune', 'lenet5.paring', ...how, ...sparse, '--out', 'by-name.paring');
    const weights = (name: string) =>
      [...decode(readFileSync(join(folder, name))).params.values()].map(({ values }) => values);
    expect(weights('by-file.paring')).toEqual(weights('by-name.paring'));
  });
});
