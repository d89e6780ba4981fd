// What all servers here share: a picture in, JSON out. No runtime's API is used but fast-png, so each server only has to bring the
// method, the path, the content type and a body that it has kept within MAX_BODY.
//
// POST / with image/png (28x28, any colour type) or application/octet-stream (the pixels themselves, one byte each).
import { decode } from 'fast-png';

/** Largest body, in bytes. A PNG cannot be larger than what its pixels take by much, and what it inflates to stays small. */
export const MAX_BODY = 16_384;

/** A refusal: a status and a message that says what would be right. */
export class Refusal extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const tooLarge = () => new Refusal(413, 'TOO_LARGE', `the body has more than ${MAX_BODY} bytes`);

/** @param model an exported model: info, normalize and run */
export async function classify(model, { method, path, type, body }) {
  try {
    const [c, h, w] = model.info.inputShape;
    const pixels = pixelsOf({ method, path, type, body }, { c, h, w });
    const scores = await model.run(await model.normalize(pixels));
    let best = 0;
    for (let i = 1; i < scores.length; i++) if (scores[i] > scores[best]) best = i;
    return { status: 200, json: { class: model.info.classes[best], scores: [...scores] } };
  } catch (error) {
    return refused(error);
  }
}

/** What a refusal, or an error that nobody foresaw, is answered with. */
export function refused(error) {
  if (!(error instanceof Refusal))
    return { status: 500, json: { error: { code: 'INTERNAL', message: 'failed' } } };
  return { status: error.status, json: { error: { code: error.code, message: error.message } } };
}

/** [c][h][w] bytes. */
function pixelsOf({ method, path, type, body }, { c, h, w }) {
  if (path !== '/') throw new Refusal(404, 'PATH', 'post the picture to /');
  if (method !== 'POST') throw new Refusal(405, 'METHOD', 'post a picture');
  if (body.length > MAX_BODY) throw tooLarge();
  const kind = (type ?? '').split(';')[0].trim().toLowerCase();
  if (kind === 'application/octet-stream') {
    if (body.length === c * h * w) return body;
    throw new Refusal(422, 'SHAPE', `expected ${c}x${h}x${w} = ${c * h * w} bytes, got ${body.length}`);
  }
  if (kind === 'image/png') return pngPixels(body, { c, h, w });
  throw new Refusal(415, 'TYPE', 'expected image/png or application/octet-stream');
}

function pngPixels(body, { c, h, w }) {
  const signature = [137, 80, 78, 71, 13, 10, 26, 10];
  if (body.length < 33 || signature.some((byte, i) => body[i] !== byte)) throw notPng();
  // The size stands in the first 24 bytes: looked at before anything is decoded.
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width !== w || height !== h) {
    throw new Refusal(422, 'SHAPE', `expected ${w}x${h} pixels, got ${width}x${height}`);
  }
  let png;
  try {
    png = decode(body, { checkCrc: true });
  } catch {
    throw notPng();
  }
  const { data, depth, palette } = png;
  const channels = palette ? 1 : png.channels;
  if (depth < 8 && !palette) throw new Refusal(422, 'SHAPE', `expected 8 or 16 bits a channel, got ${depth}`);
  if (data.length !== width * height * channels) throw notPng();
  const out = new Uint8Array(c * h * w);
  const byte = (i) => (depth === 16 ? data[i] >> 8 : data[i]);
  for (let i = 0; i < h * w; i++) {
    const colour = palette
      ? palette[data[i]]
      : [0, 1, 2].map((k) => byte(i * channels + (channels > 2 ? k : 0)));
    if (!colour) throw notPng();
    const [r, g, b] = colour;
    if (c === 1) out[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
    else for (let k = 0; k < 3; k++) out[k * h * w + i] = colour[k];
  }
  return out;
}

const notPng = () => new Refusal(400, 'IMAGE', 'the body is no whole PNG');
