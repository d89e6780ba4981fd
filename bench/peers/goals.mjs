// What each work aims at. `ratio`: times as fast as the best WebAssembly peer of the same run; `ms`: at most so many
// milliseconds on the reference machine; `peak`: share of what one thread's multiply and add units can do; `dense`: times
// as fast as paring's own dense form. Nine tenths of an aim is its floor.
const ratio = (aim) => ({ kind: 'ratio', aim });
const ms = (aim) => ({ kind: 'ms', aim });
const dense = (aim, of) => ({ kind: 'dense', aim, of });

const layers = {
  'conv3x3-56-64-64': 2.8,
  'conv3x3-28-128-128': 3.3,
  'conv3x3-14-256-256': 2.2,
  'conv1x1-56-64-128': 1.3,
  'conv1x1-14-256-512': 1.3,
  'conv3x3-224-3-32': 1.4,
  'conv5x5-28-1-32': 2,
  'conv5x5-14-32-64': 1.2,
  'depthwise3x3-56-128-128': 2.7,
};

export const goals = {
  ...Object.fromEntries([128, 256, 512, 1024].map((size) => [`gemm-${size}`, { kind: 'peak', aim: 0.85 }])),
  ...Object.fromEntries([256, 512, 1024].map((size) => [`gemm-${size}-int8`, ratio(1.4)])),
  ...Object.fromEntries(Object.entries(layers).map(([id, aim]) => [id, ratio(aim)])),
  ...Object.fromEntries(Object.keys(layers).map((id) => [`${id}-int8`, ratio(1.3)])),
  'sparse1x1-80': dense(3, 'conv1x1-14-256-512'),
  'sparse1x1-90': dense(5.8, 'conv1x1-14-256-512'),
  'sparse1x1-95': dense(10, 'conv1x1-14-256-512'),
  'sparse1x1-blocks-80': dense(3.7, 'conv1x1-14-256-512'),
  'sparse1x1-blocks-90': dense(7, 'conv1x1-14-256-512'),
  'sparse1x1-blocks-95': dense(12, 'conv1x1-14-256-512'),
  'mobilenet-1.0-sparse-80': ms(2.6),
  'mobilenet-1.0-sparse-90': ms(1.7),
  resnet8: ms(0.32),
  'resnet8-int8': ms(0.4),
  'mobilenet-0.25': ms(0.45),
  'mobilenet-0.25-int8': ms(0.38),
  lenet: ms(0.6),
  'lenet-int8': ms(0.4),
  'train-lenet': ms(110),
  cold: ms(20),
};

const words = {
  ratio: (aim) => `${aim}x best peer`,
  dense: (aim) => `${aim}x own dense`,
  peak: (aim) => `${aim * 100} % of peak`,
  ms: (aim) => `${aim} ms`,
};

/**
 * The aim in words, and how far `fastest` (paring's quickest row) came: 'reached', 'floor reached' or 'missed'.
 */
export function judge(goal, fastest, { bestPeer, denseRow, peak }) {
  const got = {
    ratio: () => bestPeer && bestPeer.ms / fastest.ms,
    dense: () => denseRow && denseRow.ms / fastest.ms,
    peak: () => peak && fastest.gops / peak,
    ms: () => fastest.ms,
  }[goal.kind]();
  const share = goal.kind === 'ms' ? goal.aim / got : got / goal.aim;
  const verdict = !got ? 'not measured' : share >= 1 ? 'reached' : share >= 0.9 ? 'floor reached' : 'missed';
  const figure = {
    ms: () => '',
    peak: () => ` (${(100 * got).toFixed(0)} %)`,
    ratio: () => '',
    dense: () => ` (${got.toFixed(1)}x)`,
  };
  return { aim: words[goal.kind](goal.aim), verdict: got ? verdict + figure[goal.kind]() : verdict };
}
