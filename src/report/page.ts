/** report.html: one self-contained page on all models of a folder, legible without a network, in light, dark and print. */
import { join } from 'node:path';
import { writeWhole } from '../node/write.ts';
import { type Measured, remarks } from './comparison.ts';
import { type Project, type ProjectModel, readFolder } from './folder.ts';
import { type Cell, escapeHtml, figure, percent, table, whole } from './html.ts';
import { anchor, modelPage } from './model-page.ts';
import { SCRIPT, STYLE } from './style.ts';
import { leftOut, paretoFront, tradeOff } from './trade-off.ts';

/**
 * Reads a folder and writes the page.
 * @param out default: report.html in the folder
 * @returns what was read: the caller may want to name what was unreadable
 * @throws DataError if there is no model in the folder; FileError if the page cannot be written
 */
export async function writeReport(folder: string, out = join(folder, 'report.html')): Promise<Project> {
  const project = await readFolder(folder);
  writeWhole(out, await reportPage(project));
  return project;
}

/** The page as text. */
export async function reportPage(project: Project): Promise<string> {
  const { models, baseline } = project;
  const articles = await Promise.all(models.map((model) => modelPage(model, project)));
  const smallest = models.at(-1);
  const title = heading(project);
  const options = models.map(
    (m) => `<option value="${escapeHtml(anchor(m))}">${escapeHtml(m.name)}</option>`,
  );
  const first = escapeHtml(smallest ? anchor(smallest) : '');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
${lead(project)}
</header>
<nav aria-label="Sections"><div><a href="#overview">Overview</a><a href="#trade-off">Trade-off</a><a href="#models">Models</a><label><span class="word">Show </span><select aria-label="Model to show" id="choice" data-first="${first}" autocomplete="off"><option value="all">all models</option>${options.join('')}</select></label></div></nav>
<main>
<section id="overview">
<h2>Overview</h2>
${overview(project)}
${unreadable(project)}
</section>
<section id="trade-off">
<h2>Accuracy against size and time</h2>
${await tradeOffs(project)}
</section>
<section id="models">
<h2>The models, one by one</h2>
<p class="note">${models.length > 1 && baseline ? `Each beside the model it was made from. What is smaller or faster is so against ${escapeHtml(baseline.name)}.` : ''}</p>
${articles.join('\n')}
</section>
</main>
<footer>${footer(project)}</footer>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function heading({ baseline, models }: Project): string {
  const name = baseline?.graph.name ?? 'No model';
  const data = baseline?.result?.data?.description;
  const on = data ? ` on ${data.split(/[,;(]/)[0].trim()}` : '';
  return `${name}${on}${models.length > 1 ? ', made smaller' : ''}`;
}

/** What the reader should take away, in two sentences. */
function lead({ models, baseline }: Project): string {
  const images = baseline?.evaluation?.images;
  const smallest = models.at(-1);
  const sentences: string[] = [];
  if (baseline && smallest && smallest !== baseline) {
    const of = (model: ProjectModel): string =>
      model.evaluation ? ` at ${percent(model.evaluation.top1)}` : '';
    sentences.push(
      `From ${whole(baseline.bytes)} bytes${of(baseline)} to ${whole(smallest.bytes)} bytes${of(smallest)}: ${(baseline.bytes / smallest.bytes).toFixed(0)} times smaller.`,
    );
  }
  if (images) {
    sentences.push(
      `Each model was read back from its file by the runtime and checked on ${whole(images)} test images.`,
    );
  }
  const data = baseline?.result?.data;
  if (data) sentences.push(`Data: ${data.description}; trained on ${whole(data.train)} images.`);
  return `<p class="lead">${escapeHtml(sentences.join(' '))}</p>`;
}

/** The models whose accuracy and times are known, in the page's order. */
function measured(project: Project): Measured[] {
  return project.models.flatMap(({ name, bytes, evaluation }) =>
    evaluation?.ms1 && evaluation.ms32
      ? [{ name, bytes, top1: evaluation.top1, ms1: evaluation.ms1, ms32: evaluation.ms32 }]
      : [],
  );
}

function overview(project: Project): string {
  const { models, baseline } = project;
  const times = (before: number | null | undefined, after: number | null | undefined): string =>
    before && after ? `${(before / after).toFixed(before / after < 10 ? 2 : 1)}×` : '–';
  const rows = models.map((m): Cell[] => {
    const e = m.evaluation;
    const b = baseline?.evaluation;
    const link = `<a href="#${escapeHtml(encodeURIComponent(anchor(m)))}">${escapeHtml(m.name)}</a>`;
    return [
      { html: `${link}<span class="what">${escapeHtml(m.result?.title ?? '')}</span>` },
      e ? percent(e.top1) : '–',
      whole(m.bytes),
      times(baseline?.bytes, m.bytes),
      e?.ms1 ? e.ms1.toFixed(4) : '–',
      times(b?.ms1, e?.ms1),
      e?.ms32 ? e.ms32.toFixed(4) : '–',
      times(b?.ms32, e?.ms32),
      whole(m.macs),
      whole(m.nonzero),
      whole(m.parameters),
    ];
  });
  const head = [
    'model',
    'test top-1',
    'bytes',
    'smaller',
    'ms, batch 1',
    'faster',
    'ms, batch 32',
    'faster',
    'MACs',
    'not zero',
    'parameters',
  ];
  const known = measured(project);
  const notes = known[0]?.name === baseline?.name ? remarks({ variants: known }) : [];
  const missing = models.filter((m) => !m.evaluation).map((m) => m.name);
  return [
    table(head, rows),
    '<p class="note">Milliseconds are an image’s, one thread; MACs are multiply-accumulates whose weight is not zero.</p>',
    notes.length > 0
      ? `<p><strong>Smaller is not always faster.</strong> ${escapeHtml(notes.join(' '))}</p>`
      : '',
    missing.length > 0
      ? `<p class="note">Without an evaluation: ${escapeHtml(missing.join(', '))}. <code>paring evaluate</code> adds accuracy and times.</p>`
      : '',
  ].join('\n');
}

function unreadable(project: Project): string {
  if (project.unreadable.length === 0) return '';
  const items = project.unreadable.map(
    ({ file, error }) => `<li><strong>${escapeHtml(file)}</strong>: ${escapeHtml(error)}</li>`,
  );
  return `<div class="wrong"><strong>Could not be read</strong><ul>${items.join('')}</ul></div>`;
}

async function tradeOffs(project: Project): Promise<string> {
  const known = measured(project);
  if (known.length < 2) {
    return '<p class="note">At least two models with accuracy and times are needed: <code>paring evaluate MODEL --data DATA</code> adds them.</p>';
  }
  const out = leftOut(known);
  const drawn = known.filter((m) => !out.includes(m.name));
  const plot = async (x: 'bytes' | 'ms1', title: string, what: string): Promise<string> => {
    const points = drawn.map((m) => ({ name: m.name, top1: m.top1, x: m[x] }));
    const front = paretoFront(points).map((p) => p.name);
    return figure(
      await tradeOff(points, title, x === 'bytes' ? '~s' : '~g'),
      escapeHtml(
        `Accuracy against ${what}. Diamonds on the dashed line are the Pareto front, which no other model beats in both: ${front.join(', ')}.`,
      ),
    );
  };
  const plots = await Promise.all([
    plot('bytes', 'bytes on disk', 'bytes on disk'),
    plot('ms1', 'ms an image, batch 1', 'the time for one image'),
  ]);
  const omitted =
    out.length > 0
      ? `<p class="note">Not drawn, being more than a point below the best: ${escapeHtml(out.join(', '))}.</p>`
      : '';
  return `<div class="grid two large">${plots.join('\n')}</div>${omitted}`;
}

function footer({ baseline, models }: Project): string {
  const result = baseline?.result ?? models.find((m) => m.result)?.result;
  if (!result) return 'Made from the model files alone: no results lie beside them.';
  return escapeHtml(`paring ${result.version}, seed ${result.seed}, Node ${result.node}, ${result.machine}.`);
}
