// A handler as AWS Lambda calls it for a function URL (payload format 2.0): an event in, a plain object out.
import * as model from '../build/node/index.js';
import { classify, MAX_BODY } from '../shared/classify.mjs';

export async function handler(event) {
  const { method, path } = event.requestContext.http;
  const text = event.body ?? '';
  // Four characters of base64 are three bytes: what is too long is not decoded.
  const long = text.length > 4 * Math.ceil((MAX_BODY + 1) / 3);
  const body = long ? { length: MAX_BODY + 1 } : Buffer.from(text, event.isBase64Encoded ? 'base64' : 'utf8');
  const type = event.headers['content-type'];
  const { status, json } = await classify(model, { method, path, type, body });
  return { statusCode: status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
}
