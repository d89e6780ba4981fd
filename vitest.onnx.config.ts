import { defineConfig } from 'vitest/config';

/** Checks that need ONNX Runtime (tools/onnx): `npm run test:onnx`. */
export default defineConfig({
  test: { include: ['test/**/*.onnx.ts'], pool: 'forks', maxWorkers: 1, testTimeout: 600_000 },
});
