// Packs the package and joins the task with it as deployment tools do: by the package's conditions for each host.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { rolldown } from 'rolldown';

/** @returns the folder, and the paths of what was made in it */
export async function bundles(root, here, folder) {
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  const installed = join(folder, 'node_modules/paring');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, packed.trim()), '-C', installed, '--strip-components=1']);
  for (const name of ['task', 'process', 'worker', 'page']) {
    copyFileSync(join(here, `${name}.mjs`), join(folder, `${name}.mjs`));
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const { dsStudent, encode } = await import(join(installed, 'dist/src/index.js'));
  const model = join(folder, 'model.paring');
  writeFileSync(model, encode(dsStudent()));

  const bundle = async (entry, condition, format) => {
    const made = await rolldown({
      input: join(folder, `${entry}.mjs`),
      platform: 'browser',
      resolve: { conditionNames: condition ? [condition, 'import', 'default'] : ['import', 'default'] },
      plugins: [
        {
          name: 'wasm',
          // The host compiles these files itself: they stay outside, under their own names.
          resolveId: (source) =>
            /\.wasm(\?module)?$/.test(source) ? { id: basename(source), external: true } : null,
        },
      ],
    });
    const file = join(folder, `${entry}-${condition ?? 'default'}.js`);
    await made.write({ file, format, codeSplitting: false });
    await made.close();
    return file;
  };
  const files = {
    model,
    page: await bundle('page', undefined, 'esm'),
    worker: await bundle('worker', 'workerd', 'esm'),
    edge: await bundle('page', 'edge-light', 'esm'),
  };
  const wasm = Object.fromEntries(
    ['kernels', 'kernels-fast', 'inference'].map((name) => [name, join(installed, `build/${name}.wasm`)]),
  );
  return { folder, installed, files, wasm, modelBytes: readFileSync(model) };
}
