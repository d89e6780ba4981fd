/** The part of the page about one model: what it is, how it was trained, what happened to its layers, where it fails. */
import { trainingCurves } from './curves.ts';
import { filterPicture, firstFilters } from './filters.ts';
import type { Project, ProjectModel } from './folder.ts';
import { bar, brief, type Cell, escapeHtml, figure, percent, table, whole } from './html.ts';
import { channelPlot, errorPlot, importancePlot, sparsityPlot, weightHistogram } from './layer-plots.ts';
import { errorOf, type Layer, layersOf, sparsity } from './layers.ts';

/** Layers whose histograms are drawn. */
const HISTOGRAMS = 12;
/** Classes up to which the whole confusion matrix is shown; of more, the pairs most often confused. */
const MATRIX = 20;

/** Where the page has the model; spaces and letters of any kind work in links. */
export const anchor = (model: ProjectModel): string => `model-${model.name}`;

const section = (title: string, intro: string, body: string): string =>
  `<h3>${title}</h3>\n${intro ? `<p class="note">${intro}</p>\n` : ''}${body}`;

/** Says which command would supply what is not there. */
const lacking = (what: string, command: string): string =>
  `<p class="note">No ${what}: <code>${escapeHtml(command)}</code> adds it.</p>`;

/** One model as an article. */
export async function modelPage(model: ProjectModel, project: Project): Promise<string> {
  const layers = layersOf(model);
  const parts = await Promise.all([
    trainingSection(model),
    weightsSection(model, layers),
    importanceSection(model, layers),
    errorSection(model, layers),
    bytesSection(model),
    confusionSection(model),
    misreadSection(model),
    filtersSection(model),
    originSection(model),
  ]);
  const title = model.result?.title ?? '';
  return `<article class="model" id="${escapeHtml(anchor(model))}">
<h2>${escapeHtml(model.name)}</h2>
<p class="lead">${escapeHtml(title)}</p>
${facts(model, project)}
${parts.filter(Boolean).join('\n')}
</article>`;
}

function facts(model: ProjectModel, { baseline }: Project): string {
  const { evaluation } = model;
  const than = baseline && baseline !== model ? baseline : undefined;
  const times = (
    before: number | null | undefined,
    after: number | null | undefined,
    word: string,
  ): string =>
    before && after
      ? ` <small>${(before / after).toFixed(before / after < 10 ? 2 : 1)}× ${word}</small>`
      : '';
  const items: [string, string][] = [
    ['test top-1', evaluation ? percent(evaluation.top1) : '–'],
    ['bytes', whole(model.bytes) + times(than?.bytes, model.bytes, 'smaller')],
    [
      'ms, one image',
      evaluation?.ms1 ? brief(evaluation.ms1) + times(than?.evaluation?.ms1, evaluation.ms1, 'faster') : '–',
    ],
    [
      'ms an image of 32',
      evaluation?.ms32
        ? brief(evaluation.ms32) + times(than?.evaluation?.ms32, evaluation.ms32, 'faster')
        : '–',
    ],
    ['multiply-accumulates', whole(model.macs)],
    ['weights not zero', `${whole(model.nonzero)} <small>of ${whole(model.parameters)}</small>`],
  ];
  const list = items.map(([term, value]) => `<div><dt>${term}</dt><dd>${value}</dd></div>`).join('');
  const stale = model.stale
    ? '<p class="wrong">The result beside this file is of another version of it, and is left out. <code>paring evaluate</code> makes a new one.</p>'
    : '';
  return `<dl class="facts">${list}</dl>${stale}`;
}

async function trainingSection(model: ProjectModel): Promise<string> {
  const curves = await trainingCurves(model);
  if (curves.length === 0) {
    return model.result ? '' : section('Training', '', lacking('log of a training', 'paring train'));
  }
  const plots = curves.map(({ title, svg }) => `<figure><strong>${title}</strong>${svg}</figure>`);
  const steps = model.result?.recipe?.steps.map(({ step }) => `<code>${escapeHtml(step)}</code>`).join(', ');
  const intro = `${steps ? `The recipe’s steps, in turn: ${steps}. ` : ''}The loss is what was minimized, a teacher’s part included. Dashed upright lines stand between parts that train.`;
  return section('Training', intro, `<div class="grid">${plots.join('\n')}</div>`);
}

async function weightsSection(model: ProjectModel, layers: readonly Layer[]): Promise<string> {
  const shown = layers.slice(0, HISTOGRAMS);
  const plots = await Promise.all(
    shown.map(async (layer) => {
      const { param, values } = layer;
      const zeros = sparsity(values);
      const notes = [
        `${whole(values.length)} weights`,
        ...(layer.before && layer.before.length !== values.length
          ? [`before: ${whole(layer.before.length)}`]
          : []),
        ...(zeros > 0 ? [`${percent(zeros, 0)} zero`] : []),
        ...(param.codebook ? [`${param.codebook.centroids.length} centroids`] : []),
        ...(param.quant ? ['int8'] : []),
      ];
      return `<figure><strong>${escapeHtml(layer.name)}</strong>${await weightHistogram(layer)}<figcaption>${escapeHtml(notes.join(', '))}</figcaption></figure>`;
    }),
  );
  const shared = layers.some(({ param }) => param.codebook);
  const key = (color: string, text: string): string =>
    `<span class="key" style="background:var(--${color})"></span>${text}`;
  const intro = [
    layers.some(({ before }) => before)
      ? key('before', `filled: before, in ${escapeHtml(model.parent?.name ?? '')}`)
      : '',
    layers.every(({ param }) => param.codebook) ? '' : key('c1', 'outlined: as they are in this file'),
    shared ? key('c2', 'upright lines: centroids, as high as the share of the weights each stands for') : '',
  ].join(' ');
  const rest = layers.length > HISTOGRAMS ? `The first ${HISTOGRAMS} of ${layers.length} layers. ` : '';
  return section(
    'Weights by layer',
    `${rest}Weights that are zero are not drawn.${intro}`,
    `<div class="grid">${plots.join('\n')}</div>`,
  );
}

async function importanceSection(model: ProjectModel, layers: readonly Layer[]): Promise<string> {
  const zeros = await sparsityPlot(layers);
  const mark = layers.some(({ before }) => before) ? ' The upright mark is where it was before.' : '';
  const figures = [figure(zeros, `Share of the weights that are zero.${mark}`)];
  const list = model.result?.importance ?? [];
  if (list.length > 0) {
    const name = escapeHtml(list[0].criterion);
    figures.push(
      figure(
        await importancePlot(list),
        `Importance of a weight (${name}): the middle 80 % of each layer, its median as an upright mark, its mean as a diamond.`,
      ),
      figure(
        await channelPlot(list),
        'What the most important channels hold of a layer’s importance. A line that rises at once says that the rest can go.',
      ),
    );
  }
  const missing = list.length > 0 ? '' : lacking('importance', 'paring importance');
  return section(
    'Importance and sparsity by layer',
    '',
    `<div class="grid">${figures.join('\n')}</div>${missing}`,
  );
}

async function errorSection(model: ProjectModel, layers: readonly Layer[]): Promise<string> {
  const rows = layers.flatMap(({ name, param, values, twin }) => {
    if (!twin) return [];
    const form = [
      ...(param.mask ? ['pruned'] : []),
      ...(param.codebook ? [`${param.codebook.centroids.length} values`] : []),
      ...(param.quant ? ['int8'] : []),
    ];
    return [{ layer: name, form: form.join(', ') || 'f32', ...errorOf(twin, values) }];
  });
  const changed = rows.filter((row) => row.max > 0);
  if (changed.length === 0) return '';
  const cells = changed.map((row) => [
    row.layer,
    row.form,
    percent(row.max),
    percent(row.rms, 3),
    row.sqnr.toFixed(1),
  ]);
  const trained = (model.result?.history?.length ?? 0) > 0;
  const quantized = layers.some(({ param }) => param.quant);
  const intro = `The weights here against those of ${escapeHtml(model.parent?.name ?? '')}, largest and root mean square difference as shares of the layer’s range.${
    trained ? ' Training went on in between, so this holds what was learned too, not rounding alone.' : ''
  }`;
  const body = table(['layer', 'form', 'largest', 'rms', 'S/N, dB'], cells, 2);
  const title = quantized ? 'Quantization error by layer' : 'Change of the weights by layer';
  return section(
    title,
    intro,
    `<div class="grid two"><div>${body}</div>${figure(await errorPlot(changed), 'Six decibels are one bit.')}</div>`,
  );
}

function bytesSection({ info }: ProjectModel): string {
  const most = Math.max(...info.tensors.map((t) => t.bytes), info.headerBytes);
  const rows = info.tensors.map((t): Cell[] => [
    t.name,
    t.shape.join('×'),
    `${t.kind}${t.coding ? `: ${t.coding}` : ''}`,
    whole(t.bytes),
    t.bitsPerWeight.toFixed(2),
    bar(t.bytes / most),
  ]);
  const other = (name: string, bytes: number): Cell[] => [name, '', '', whole(bytes), '', bar(bytes / most)];
  rows.push(other('structure and lineage', info.headerBytes));
  if (info.activationBytes > 1) rows.push(other('activation scales', info.activationBytes));
  rows.push(['the file', '', '', whole(info.bytes), '', '']);
  return section(
    'Bytes by layer and encoding',
    '',
    table(['tensor', 'shape', 'encoding', 'bytes', 'bits a weight', ''], rows, 3),
  );
}

function confusionSection({ evaluation, file }: ProjectModel): string {
  if (!evaluation) return section('Test images', '', lacking('evaluation', `paring evaluate ${file}`));
  const { confusion, classes, images } = evaluation;
  const wrong = confusion.map((row, i) => row.reduce((sum, n, k) => sum + (k === i ? 0 : n), 0));
  const total = wrong.reduce((a, b) => a + b, 0);
  const said = `${whole(total)} of ${whole(images)} test images were read as something else.`;
  const name = (i: number): string => classes[i] ?? String(i);
  if (confusion.length > MATRIX) {
    const pairs = confusion.flatMap((row, i) =>
      row.map((n, k) => ({ i, k, n })).filter(({ k, n }) => k !== i && n > 0),
    );
    const rows = pairs
      .sort((a, b) => b.n - a.n)
      .slice(0, 20)
      .map(({ i, k, n }) => [name(i), name(k), whole(n)]);
    return section(
      'Confusion',
      `${said} The pairs most often confused of ${classes.length} classes.`,
      table(['is', 'was read as', 'images'], rows, 2),
    );
  }
  const most = Math.max(1, ...confusion.flatMap((row, i) => row.filter((_, k) => k !== i)));
  const head = confusion.map((_, i) => `<th scope="col">${escapeHtml(name(i))}</th>`).join('');
  const body = confusion.map((row, i) => {
    const cells = row.map((n, k) => {
      if (k === i) return `<td class="right">${n}</td>`;
      return n === 0 ? '<td></td>' : `<td style="--a:${Math.round(12 + (58 * n) / most)}">${n}</td>`;
    });
    return `<tr><th scope="row">${escapeHtml(name(i))}</th>${cells.join('')}</tr>`;
  });
  return section(
    'Confusion',
    `${said} A row is what the image is, a column what it was read as.`,
    `<div class="scroll" tabindex="0"><table class="confusion"><thead><tr><th></th>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>`,
  );
}

function misreadSection({ evaluation }: ProjectModel): string {
  if (!evaluation || evaluation.misread.length === 0) return '';
  const { classes, misread } = evaluation;
  const name = (i: number): string => escapeHtml(classes[i] ?? String(i));
  const items = misread.map(
    ({ index, label, predicted, confidence, png }) =>
      `<li><img src="data:image/png;base64,${png}" alt="test image ${index}">${name(label)} read as <b>${name(predicted)}</b>, ${percent(confidence, 0)}</li>`,
  );
  return section(
    'Misread images',
    'Those it was surest of; the percentage is the probability it gave its wrong answer.',
    `<ul class="images">${items.join('\n')}</ul>`,
  );
}

function filtersSection(model: ProjectModel): string {
  const after = firstFilters(model.graph);
  if (!after) return '';
  const before = model.parent && firstFilters(model.parent.graph);
  const shown = [
    ...(before && model.parent ? [{ param: before, of: `before, in ${model.parent.name}` }] : []),
    { param: after, of: before ? 'as they are here' : model.name },
  ].map(({ param, of }) => {
    const picture = filterPicture(param);
    const some = picture.shown < picture.filters ? `the first ${picture.shown} of ` : '';
    const caption = `${of}: ${some}${picture.filters} filters of ${param.shape[2]}×${param.shape[3]}`;
    const image = `<img src="data:image/png;base64,${picture.png}" width="${picture.width}" height="${picture.height}" alt="${escapeHtml(caption)}">`;
    return figure(image, escapeHtml(caption));
  });
  const intro =
    after.shape[1] === 3
      ? 'Red, green and blue weights as a colour, each filter from its lowest to its highest.'
      : 'Orange is positive, blue negative, the page’s own colour zero; all filters of a picture on one scale.';
  return section('First-layer filters', intro, `<div class="grid two filters">${shown.join('\n')}</div>`);
}

function originSection(model: ProjectModel): string {
  const { result, graph } = model;
  const { lineage } = graph.meta;
  const chain: string[] = [];
  const seen = new Set([model]);
  for (let at = model.parent; at && !seen.has(at); at = at.parent) {
    chain.unshift(`<a href="#${escapeHtml(encodeURIComponent(anchor(at)))}">${escapeHtml(at.name)}</a>`);
    seen.add(at);
  }
  const lines = [
    chain.length > 0
      ? `<p>Made from ${chain.join(' → ')} → <strong>${escapeHtml(model.name)}</strong>.</p>`
      : '',
    result
      ? `<p>By <code>paring ${escapeHtml(result.verb)}</code> ${escapeHtml(result.version)}, seed ${result.seed}, in ${brief(result.seconds)} s on ${escapeHtml(result.machine)}, Node ${escapeHtml(result.node)}.</p>`
      : '',
    result?.data
      ? `<p>Data: ${escapeHtml(result.data.description)}; ${whole(result.data.train)} images to train on, ${whole(result.data.validation)} to choose by, ${whole(result.data.test)} to test.</p>`
      : '',
  ];
  const steps = lineage?.steps.map(
    ({ step, options }) =>
      `<li><strong>${escapeHtml(step)}</strong> <code>${escapeHtml(JSON.stringify(options))}</code></li>`,
  );
  const list =
    steps && steps.length > 0
      ? `<p class="note">Every step the file says it went through, from random weights on:</p><ol class="lineage">${steps.join('\n')}</ol>`
      : '';
  const recipe =
    result?.recipe && result.recipe.steps.length > 0
      ? `<details><summary>The recipe as JSON</summary><pre tabindex="0">${escapeHtml(JSON.stringify(result.recipe, null, 2))}</pre></details>`
      : '';
  const hash = `<p class="note">SHA-256 of the file <code>${model.sha256}</code>${lineage?.data ? `, of the training data <code>${escapeHtml(lineage.data)}</code>` : ''}</p>`;
  return section('Recipe and lineage', '', [...lines, list, recipe, hash].filter(Boolean).join('\n'));
}
