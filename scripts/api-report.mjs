// The API report: docs/api/<entry>.api.md lists every name and signature that an entry of package.json's "exports" offers. Without
// options it fails when the code and a committed report differ; with --update (`npm run api`) it writes the reports. So what changes
// for users is read in review. api-extractor brings a TypeScript of its own, as it needs an API that TypeScript 7 lacks.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installTools } from './package-tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const reports = join(root, 'docs/api');
const update = process.argv.includes('--update');

installTools();
const require = createRequire(join(root, 'tools/package/package.json'));
const { CompilerState, Extractor, ExtractorConfig } = require('@microsoft/api-extractor');

/** The extractor's compiler wants declarations to import '.js'; ours say '.ts', as the sources do. */
function copyDeclarations(folder) {
  for (const from of ['dist', 'build']) {
    for (const file of readdirSync(join(root, from), { recursive: true })) {
      if (!file.endsWith('.d.ts')) continue;
      const text = readFileSync(join(root, from, file), 'utf8');
      mkdirSync(dirname(join(folder, from, file)), { recursive: true });
      writeFileSync(join(folder, from, file), text.replace(/(['"])(\.{1,2}\/[^'"]*)\.ts\1/g, '$1$2.js$1'));
    }
  }
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
  const { allowImportingTsExtensions, rewriteRelativeImportExtensions, ...options } = compilerOptions;
  const tsconfig = { compilerOptions: { ...options, noEmit: true }, include: ['dist'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig));
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
}

const silent = { default: { logLevel: 'none', addToApiReportFile: false } };

function configOf(folder, name, types) {
  const configObject = {
    projectFolder: folder,
    mainEntryPointFilePath: join(folder, types),
    compiler: { tsconfigFilePath: join(folder, 'tsconfig.json') },
    apiReport: {
      enabled: true,
      reportFileName: `${name}.api.md`,
      reportFolder: join(folder, 'reports'),
      reportTempFolder: join(folder, 'temp'),
      // Types that signatures mention are part of what users see, exported by name or not.
      includeForgottenExports: true,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    newlineKind: 'lf',
    // What is undocumented or lacks a release tag is no error here; the compiler's errors are.
    messages: {
      compilerMessageReporting: { default: { logLevel: 'error' } },
      extractorMessageReporting: silent,
      tsdocMessageReporting: silent,
    },
  };
  return ExtractorConfig.prepare({ configObject, packageJsonFullPath: join(folder, 'package.json') });
}

const folder = mkdtempSync(join(tmpdir(), 'paring-api-'));
const stale = [];
let failed = false;
try {
  copyDeclarations(folder);
  mkdirSync(join(folder, 'reports'));
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const entries = Object.entries(exports).filter(([, target]) => target.types);
  const configs = entries.map(([entry, { types }]) =>
    configOf(folder, entry === '.' ? 'paring' : entry.slice(2), types),
  );
  // One program for all entries: parsing the declarations is most of the work.
  const compilerState = CompilerState.create(configs[0], {
    additionalEntryPoints: configs.map((config) => config.mainEntryPointFilePath),
  });
  for (const config of configs) {
    const { succeeded } = Extractor.invoke(config, {
      compilerState,
      localBuild: true,
      messageCallback(message) {
        if (message.logLevel !== 'error') message.handled = true;
      },
    });
    failed ||= !succeeded;
  }
  const made = readdirSync(join(folder, 'reports'));
  const committed = existsSync(reports)
    ? readdirSync(reports).filter((file) => file.endsWith('.api.md'))
    : [];
  for (const file of committed) {
    if (made.includes(file)) continue;
    stale.push(file);
    if (update) rmSync(join(reports, file));
  }
  for (const file of made) {
    const text = readFileSync(join(folder, 'reports', file), 'utf8');
    if (committed.includes(file) && readFileSync(join(reports, file), 'utf8') === text) continue;
    stale.push(file);
    if (!update) continue;
    mkdirSync(reports, { recursive: true });
    writeFileSync(join(reports, file), text);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (failed) process.exit(1);
for (const file of stale)
  console.error(`api: docs/api/${file} ${update ? 'written' : 'is not what the code offers'}`);
if (stale.length > 0 && !update) {
  console.error('api: `npm run api` writes the reports; commit them with the change');
  process.exit(1);
}
if (stale.length === 0) console.error('api: the reports in docs/api are what the code offers');
