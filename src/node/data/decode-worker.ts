/** A thread of the pool: decodes the pictures it is told, one at a time, and posts their planes or what is wrong with them. */
import { parentPort, workerData } from 'node:worker_threads';
import { DataError } from '../../core/errors.ts';
import { type DecodeOptions, readPicture } from './decode.ts';

export type DecodeAnswer =
  | { planes: Uint8Array }
  /** `ofData`: it was a DataError; only the message survives the way between threads. */
  | { error: unknown; ofData: boolean };

if (!parentPort) throw new Error('decode-worker runs as a worker thread');
const port = parentPort;
const options = workerData as DecodeOptions;

port.on('message', async (path: string) => {
  try {
    const planes = await readPicture(path, options);
    const answer: DecodeAnswer = { planes };
    port.postMessage(answer, [planes.buffer as ArrayBuffer]);
  } catch (error) {
    const answer: DecodeAnswer = { error, ofData: error instanceof DataError };
    port.postMessage(answer);
  }
});
