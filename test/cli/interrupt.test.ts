/** Runs that are interrupted: by Ctrl-C, and by force. What they go on to is what they would have come to. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { paring, sha256, start, workFolder, writeMnist } from './shell.ts';

const folder = workFolder();
const command = [
  ...['train', '--model', 'net.json', '--data', 'mnist', '--epochs', '8', '--batch', '8', '--seed', '3'],
  ...['--checkpoint-every', '40', '--log-every', '1'],
];
const net = {
  name: 'small',
  layers: [
    { op: 'conv2d', out: 4, kernel: 5, stride: 3 },
    'relu',
    'flatten',
    { op: 'linear', out: 'classes' },
  ],
};
const at = (name: string): string => join(folder, name);
/** What a line says but for the time it took. */
const logOf = (name: string): unknown[] =>
  readFileSync(at(`${name}.log.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => ({ ...JSON.parse(line), seconds: 0 }));

beforeAll(async () => {
  await writeMnist(folder, 800, 20);
  writeFileSync(at('net.json'), JSON.stringify(net));
  expect(paring(folder, ...command, '--out', 'whole').status).toBe(0);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

/** Until the run has left a file of this name. */
async function until(child: ChildProcess, name: string): Promise<void> {
  while (!existsSync(at(name))) {
    expect(child.exitCode).toBe(null);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s: 130, how to go on, and the same bytes in the end',
  async (signal) => {
    const child = start(folder, ...command, '--out', signal);
    let said = '';
    child.stderr?.on('data', (text) => {
      said += text;
    });
    await until(child, `${signal}.checkpoint`);
    child.kill(signal);
    const [status] = await once(child, 'close');
    expect(status).toBe(130);
    expect(said).toContain(`go on with:\n  paring ${command.join(' ')} --out ${signal} --resume`);
    expect(existsSync(at(`${signal}.paring`))).toBe(false);

    const args = (said.split('go on with:\n  paring ')[1] as string).trim().split(' ');
    const { status: resumed, stderr } = paring(folder, ...args);
    expect(stderr).not.toContain('paring:');
    expect(resumed).toBe(0);
    expect(sha256(at(`${signal}.paring`))).toBe(sha256(at('whole.paring')));
    expect(logOf(signal)).toEqual(logOf('whole'));
    expect(existsSync(at(`${signal}.checkpoint`))).toBe(false);
  },
);

test('killed: the checkpoint goes on to the same bytes', async () => {
  const child = start(folder, ...command, '--out', 'killed');
  await until(child, 'killed.checkpoint.previous');
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(existsSync(at('killed.paring'))).toBe(false);
  expect(paring(folder, ...command, '--out', 'killed').status).toBe(2);
  expect(paring(folder, ...command, '--out', 'killed', '--resume', '--lr', '0.1').stderr).toContain(
    'killed.checkpoint',
  );
  expect(paring(folder, ...command, '--out', 'killed', '--resume').status).toBe(0);
  expect(sha256(at('killed.paring'))).toBe(sha256(at('whole.paring')));
  expect(logOf('killed')).toEqual(logOf('whole'));
});

test('a run that fails leaves the model of that name as it was, its log too', () => {
  const name = (ending: string) => at(`older.${ending}`);
  const endings = ['paring', 'result.json', 'log.jsonl'];
  for (const ending of endings) copyFileSync(at(`whole.${ending}`), name(ending));
  const hot = ['--optimizer', 'sgd', '--schedule', 'constant', '--lr', '1e30', '--out', 'older'];
  expect(paring(folder, ...command, ...hot).status).toBe(1);
  for (const ending of endings) expect(sha256(name(ending))).toBe(sha256(at(`whole.${ending}`)));
  expect(existsSync(name('running.jsonl'))).toBe(true);
  for (const ending of endings) writeFileSync(name(`${ending}.123.tmp`), 'of a write that was cut off');
  expect(paring(folder, ...command, '--out', 'older', '--fresh').status).toBe(0);
  expect(logOf('older')).toEqual(logOf('whole'));
  const left = readdirSync(folder).filter((file) => file.startsWith('older.'));
  expect(left.sort()).toEqual(endings.map((ending) => `older.${ending}`).sort());
});

test('a training that diverges says where it was still good', () => {
  const hot = [...command, '--optimizer', 'sgd', '--schedule', 'constant', '--lr', '1e30', '--out', 'hot'];
  const { status, stderr } = paring(folder, ...hot);
  expect(stderr).toMatch(/paring: training: step \d+: .* is not finite; lower the learning rate/);
  expect(status).toBe(1);
  expect(existsSync(at('hot.paring'))).toBe(false);
});
