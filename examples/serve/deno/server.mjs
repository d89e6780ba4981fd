// deno run --allow-net=127.0.0.1 --allow-read=. server.mjs [port]
import * as model from '../build/deno/index.js';
import { answer } from '../shared/fetch.mjs';

const port = Number(Deno.args[0] ?? 8788);
Deno.serve({ hostname: '127.0.0.1', port }, (request) => answer(model, request));
