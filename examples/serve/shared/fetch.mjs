// From a Request to a Response, where a runtime speaks in those (workerd, Deno).
import { classify, MAX_BODY, refused, tooLarge } from './classify.mjs';

export async function answer(model, request) {
  let result;
  try {
    const body = await bodyOf(request);
    const path = new URL(request.url).pathname;
    result = await classify(model, {
      method: request.method,
      path,
      type: request.headers.get('content-type'),
      body,
    });
  } catch (error) {
    result = refused(error);
  }
  return Response.json(result.json, { status: result.status });
}

/** The body, read no further than MAX_BODY: its declared length may be missing or a lie. */
async function bodyOf(request) {
  if (Number(request.headers.get('content-length')) > MAX_BODY) throw tooLarge();
  if (!request.body) return new Uint8Array(0);
  const chunks = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    if (length > MAX_BODY) throw tooLarge();
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
