/** Residual networks in their CIFAR form (He et al., "Deep Residual Learning for Image Recognition", 2016, section 4.2). */
import { Rng } from '../../core/rng.ts';
import type { Shape } from '../../core/shape.ts';
import type { Graph } from '../../graph/graph.ts';
import { builder } from '../builder.ts';
import { normRelu } from './separable.ts';

/** One block a stage: 8 layers with weights. */
export function resnet8(rng: Rng = new Rng(1), inputShape: Shape = [3, 32, 32], classes = 10): Graph {
  return resnet('resnet8', 1, rng, inputShape, classes);
}

/** Three blocks a stage: 20 layers with weights. */
export function resnet20(rng: Rng = new Rng(1), inputShape: Shape = [3, 32, 32], classes = 10): Graph {
  return resnet('resnet20', 3, rng, inputShape, classes);
}

/**
 * A 3x3 stem and three stages of 16, 32 and 64 channels, each of `blocks` blocks of two 3x3 convolutions; the first block
 * of the second and third stage halves the extents. Where the shape changes the shortcut is a 1x1 projection with batch
 * norm (the paper's option B; its CIFAR figures are of option A, zero padding, which trains 2,752 parameters fewer).
 */
function resnet(name: string, blocks: number, rng: Rng, inputShape: Shape, classes: number): Graph {
  const b = builder(name, { x: inputShape }, rng);
  b.conv2d('stem', 'x', { out: 16, kernel: 3, padding: 1, bias: false });
  let value = normRelu(b, 'stem');
  [16, 32, 64].forEach((out, stage) => {
    for (let block = 0; block < blocks; block++) {
      const at = blocks === 1 ? `stage${stage + 1}` : `stage${stage + 1}.${block + 1}`;
      const stride = stage > 0 && block === 0 ? 2 : 1;
      b.conv2d(`${at}.a`, value, { out, kernel: 3, stride, padding: 1, bias: false });
      const inner = normRelu(b, `${at}.a`);
      b.conv2d(`${at}.b`, inner, { out, kernel: 3, padding: 1, bias: false });
      b.batchNorm(`${at}.b.bn`, `${at}.b`);
      let shortcut = value;
      if (stride !== 1) {
        b.conv2d(`${at}.skip`, value, { out, kernel: 1, stride, bias: false });
        b.batchNorm(`${at}.skip.bn`, `${at}.skip`);
        shortcut = `${at}.skip.bn`;
      }
      b.add(`${at}.add`, `${at}.b.bn`, shortcut).relu(`${at}.out`, `${at}.add`);
      value = `${at}.out`;
    }
  });
  b.globalAvgPool('gap', value).flatten('flat', 'gap').linear('fc', 'flat', { out: classes });
  return b.output('fc').build();
}
