/** x, y: the same shape, read as [channels][inner]; scale [channels] f32, zeroPoint [channels] i32. */
import { contributeInPlace, record } from '../autograd/tape.ts';
import type { Tensor } from '../autograd/tensor.ts';
import type { DType } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { formatShape } from '../core/shape.ts';
import { usable } from './check.ts';

export interface FakeQuantization {
  /** Step of the grid: one a channel, above 0. */
  scale: Tensor | readonly number[] | Float32Array;
  /** The integer that means 0: one a channel (a single number for all). */
  zeroPoint: Tensor | readonly number[] | number;
  qmin: number;
  qmax: number;
  /** Leading extent that has scales of its own: 1 for per tensor, weight.shape[0] for per output channel. */
  channels: number;
}

/**
 * Rounds x to the values int8 can hold: y = (clamp(round(x / scale) + zeroPoint, qmin, qmax) - zeroPoint) * scale. The
 * gradient passes straight through where the clamp was not active and is 0 elsewhere (Bengio et al. 2013; Jacob et al.
 * 2018). Scale and zero point are constants.
 * @throws ShapeError, ArgumentError
 */
export function fakeQuantize(x: Tensor, q: FakeQuantization): Tensor {
  usable('fakeQuantize', 'x', x, x);
  const { channels, qmin, qmax } = q;
  if (!Number.isSafeInteger(channels) || channels < 1 || x.size % channels !== 0) {
    throw new ArgumentError(
      'fakeQuantize',
      'channels',
      `a whole number that divides the ${x.size} elements`,
      channels,
    );
  }
  if (!(Number.isSafeInteger(qmin) && Number.isSafeInteger(qmax) && qmin < qmax)) {
    throw new ArgumentError('fakeQuantize', 'qmin, qmax', 'whole numbers, qmin < qmax', [qmin, qmax]);
  }
  const { engine } = x;
  const { backend } = engine;
  const scale = perChannel(x, 'scale', q.scale, channels, 'f32');
  const zeroPoint = perChannel(x, 'zeroPoint', q.zeroPoint, channels, 'i32');
  const y = engine.empty(x.shape);
  const args = {
    channels,
    inner: x.size / channels,
    qmin,
    qmax,
    x: x.ptr,
    y: y.ptr,
    scale: scale.ptr,
    zeroPoint: zeroPoint.ptr,
    dy: 0,
    dx: 0,
  };
  backend.fakeQuantize(args);

  return record([x, scale, zeroPoint], y, (dy) => {
    contributeInPlace(x, dy, (dx) => {
      args.dy = dy.ptr;
      args.dx = dx;
      backend.fakeQuantizeGrad(args);
    });
  });
}

/** A tensor of one value a channel. */
function perChannel(
  x: Tensor,
  argument: string,
  given: Tensor | ArrayLike<number> | number,
  channels: number,
  dtype: DType,
): Tensor {
  if (typeof given === 'number') {
    return x.engine.tensor([channels], new Array<number>(channels).fill(given), dtype);
  }
  if (!('engine' in given)) {
    if (given.length !== channels) {
      throw new ShapeError('fakeQuantize', argument, `${channels} values`, `${given.length}`);
    }
    return x.engine.tensor([channels], given, dtype);
  }
  usable('fakeQuantize', argument, given, x, dtype);
  if (given.size !== channels) {
    throw new ShapeError('fakeQuantize', argument, `${channels} values`, formatShape(given.shape));
  }
  return given;
}
