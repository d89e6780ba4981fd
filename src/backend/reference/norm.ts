/** Batch normalisation over [n][c][p]: training, inference, gradient. Moments in two passes, in float64. */
import type { BatchNormGradArgs, BatchNormInferArgs, BatchNormTrainArgs, ChannelRange } from '../backend.ts';
import type { Heap } from '../heap.ts';

export const norm = (heap: Heap) => ({
  batchNormTrain(a: BatchNormTrainArgs): void {
    const x = heap.f32(a.x, reach(a));
    const y = heap.f32(a.y, x.length);
    const gamma = heap.f32(a.gamma, a.c);
    const beta = heap.f32(a.beta, a.c);
    const means = heap.f32(a.mean, a.c);
    const invStds = heap.f32(a.invStd, a.c);
    const runningMean = heap.f32(a.runningMean, a.c);
    const runningVar = heap.f32(a.runningVar, a.c);
    const count = a.n * a.p;
    for (let c = 0; c < a.c; c++) {
      let sum = 0;
      forChannel(a, c, (i) => {
        sum += x[i];
      });
      const mean = sum / count;
      let squares = 0;
      forChannel(a, c, (i) => {
        squares += (x[i] - mean) ** 2;
      });
      const invStd = 1 / Math.sqrt(squares / count + a.eps);
      forChannel(a, c, (i) => {
        y[i] = (x[i] - mean) * invStd * gamma[c] + beta[c];
      });
      means[c] = mean;
      invStds[c] = invStd;
      runningMean[c] = (1 - a.momentum) * runningMean[c] + a.momentum * mean;
      runningVar[c] = (1 - a.momentum) * runningVar[c] + a.momentum * (squares / (count - 1));
    }
  },

  batchNormInfer(a: BatchNormInferArgs): void {
    const x = heap.f32(a.x, a.n * a.c * a.p);
    const y = heap.f32(a.y, x.length);
    const gamma = heap.f32(a.gamma, a.c);
    const beta = heap.f32(a.beta, a.c);
    const mean = heap.f32(a.mean, a.c);
    const variance = heap.f32(a.variance, a.c);
    for (let c = 0; c < a.c; c++) {
      const invStd = 1 / Math.sqrt(variance[c] + a.eps);
      forChannel(a, c, (i) => {
        y[i] = (x[i] - mean[c]) * invStd * gamma[c] + beta[c];
      });
    }
  },

  /** With h = (x - mean) invStd: dx = gamma invStd (dy - mean(dy) - h mean(dy h)), the means over n and p (Ioffe and Szegedy 2015). */
  batchNormGrad(a: BatchNormGradArgs): void {
    const x = heap.f32(a.x, reach(a));
    const dy = heap.f32(a.dy, x.length);
    const dx = heap.f32(a.dx, x.length);
    const gamma = heap.f32(a.gamma, a.c);
    const mean = heap.f32(a.mean, a.c);
    const invStd = heap.f32(a.invStd, a.c);
    const dgamma = heap.f32(a.dgamma, a.c);
    const dbeta = heap.f32(a.dbeta, a.c);
    const count = a.n * a.p;
    for (let c = 0; c < a.c; c++) {
      let sum = 0;
      let sumNormal = 0;
      forChannel(a, c, (i) => {
        sum += dy[i];
        sumNormal += dy[i] * (x[i] - mean[c]) * invStd[c];
      });
      forChannel(a, c, (i) => {
        const normal = (x[i] - mean[c]) * invStd[c];
        dx[i] = gamma[c] * invStd[c] * (dy[i] - sum / count - (normal * sumNormal) / count);
      });
      dgamma[c] = sumNormal;
      dbeta[c] = sum;
    }
  },
});

/** Elements from the first to the last. */
export function reach({ n, c, p, step = c * p }: ChannelRange): number {
  return (n - 1) * step + c * p;
}

/** Calls `visit` with the offset of each element of channel `c`, sample by sample. */
export function forChannel(a: ChannelRange, c: number, visit: (i: number) => void): void {
  const { n, p, step = a.c * p } = a;
  for (let s = 0; s < n; s++) {
    const plane = s * step + c * p;
    for (let i = plane; i < plane + p; i++) visit(i);
  }
}
