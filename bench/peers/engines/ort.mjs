// ONNX Runtime, in WebAssembly (onnxruntime-web) and native (onnxruntime-node), one thread each: the API is the same.
import { fromCodes, toCodes } from './codes.mjs';

export async function start(name) {
  const ort = await import(name);
  if (ort.env.wasm) ort.env.wasm.numThreads = 1;
  return {
    async load(work, files) {
      const session = await ort.InferenceSession.create(files.read('onnx'), {
        executionProviders: [name === 'onnxruntime-web' ? 'wasm' : 'cpu'],
        ...{ intraOpNumThreads: 1, interOpNumThreads: 1, graphOptimizationLevel: 'all', logSeverityLevel: 3 },
      });
      const input = work.int8
        ? new ort.Tensor(
            'uint8',
            Uint8Array.from(toCodes(files.input, work.inputGrid), (q) => q + 128),
            work.inputShape,
          )
        : new ort.Tensor('float32', files.input, work.inputShape);
      const output = session.outputNames[0];
      const feeds = { [session.inputNames[0]]: input };
      let out;
      return {
        run: async () => {
          out = (await session.run(feeds))[output];
        },
        read: () => (work.int8 ? fromCodes(out.data, work.outputGrid, 128) : out.data),
      };
    },
  };
}
