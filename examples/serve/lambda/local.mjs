// The handler behind a local server that makes events of requests, as the platform does, its limit on bodies included.
// node local.mjs [port]
import { createServer } from 'node:http';
import { handler } from './handler.mjs';

const PLATFORM_LIMIT = 6 * 2 ** 20;

createServer(async (request, response) => {
  const chunks = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length <= PLATFORM_LIMIT) chunks.push(chunk);
  }
  if (length > PLATFORM_LIMIT) {
    response.writeHead(413, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { code: 'TOO_LARGE', message: 'the platform takes no more' } }));
    return;
  }
  const path = new URL(request.url, 'http://localhost').pathname;
  const result = await handler({
    requestContext: { http: { method: request.method, path } },
    headers: request.headers,
    body: Buffer.concat(chunks).toString('base64'),
    isBase64Encoded: true,
  });
  response.writeHead(result.statusCode, result.headers);
  response.end(result.body);
}).listen(Number(process.argv[2] ?? 8789), '127.0.0.1');
