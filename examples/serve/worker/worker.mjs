// A Cloudflare Worker. The model's kernels are a static module: nothing is compiled from bytes.
import * as model from '../build/worker/index.js';
import { answer } from '../shared/fetch.mjs';

export default { fetch: (request) => answer(model, request) };
