// A model behind HTTP, by `paring/runtime` alone: POST the bytes of one picture, planar [c][h][w], get its class.
//   node examples/onnx/server.mjs MODEL.paring     prints the port it listens at
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { load } from 'paring/runtime';

const model = await load(readFileSync(process.argv[2]));
const size = model.inputShape.reduce((a, b) => a * b, 1);

/** The whole body, or undefined once it is longer than a picture. */
async function body(request) {
  const parts = [];
  let length = 0;
  for await (const part of request) {
    length += part.length;
    if (length > size) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const server = createServer(async (request, response) => {
  const answer = (status, value) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
  if (request.method !== 'POST') return answer(405, { error: 'POST a picture' });
  const pixels = await body(request);
  if (pixels?.length !== size) return answer(400, { error: `expected ${size} bytes` });
  const logits = model.run(model.normalize(new Uint8Array(pixels)));
  const index = logits.indexOf(Math.max(...logits));
  return answer(200, { index, class: model.meta.classes?.[index] });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
