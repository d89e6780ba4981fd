// Node, Deno and Bun: reads the model from the file named by the first argument; one line of JSON.
import { readFileSync } from 'node:fs';
import { infer, start, train } from './task.mjs';

const begin = performance.now();
await start(new Uint8Array(readFileSync(process.argv[2])));
const started = performance.now();
infer(200);
const warm = performance.now();
infer(500);
const inferMs = (performance.now() - warm) / 500;
console.log(JSON.stringify({ startMs: started - begin, inferMs, ...(await train()) }));
