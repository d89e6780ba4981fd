// `npm run test:onnx`: ONNX's own tests of operators on the import, then ONNX Runtime on the export.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { conformance } from './conformance.mjs';
import { install } from './install.mjs';

const conforms = await conformance();
install();
const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.onnx.config.ts'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = conforms && status === 0 ? 0 : 1;
