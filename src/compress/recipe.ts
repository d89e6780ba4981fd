/**
 * A recipe: compression as data. A list of steps, each a name and options, that turns one graph into another; written by
 * us (`recipes.ts`) or by a user as JSON. All of it is checked before any of it runs.
 */
import type { Backend } from '../backend/backend.ts';
import { createBackend } from '../backend/create.ts';
import { DivergenceError, ParingError } from '../core/errors.ts';
import { fields, isRecord, listOf, obey, oneOf, type Problem, text, whole } from '../core/rules.ts';
import { NUMERICS_VERSION, VERSION } from '../core/version.ts';
import type { Dataset } from '../data/dataset.ts';
import { crc32 } from '../format/bytes.ts';
import { cloneGraph, type Graph, type Lineage, type LineageStep } from '../graph/graph.ts';
import { inferShapes } from '../graph/infer.ts';
import { evaluate } from '../train/evaluate.ts';
import { dataFingerprint, graphFingerprint, openCheckpoint } from '../train/fingerprint.ts';
import { graphOfTree, graphTree } from '../train/graph-state.ts';
import type { Checkpointing, EpochLog, Progress } from '../train/options.ts';
import { recipeInputsRule } from '../train/rules.ts';
import { pack, type Tree, type TreeFields } from '../train/state.ts';
import { TeacherAnswers } from './distill.ts';
import type { StepReport, StepResult } from './step.ts';
import {
  type StepDefinition,
  type StepInputs,
  type StepName,
  type StepOptions,
  steps,
  type TrainReport,
} from './steps.ts';

/** One step; its options are those of `StepOptions`. */
export type RecipeStep = { [K in StepName]: { step: K; options: StepOptions[K] } }[StepName];

export interface Recipe {
  name: string;
  /** For every step that names none. */
  seed: number;
  steps: readonly RecipeStep[];
}

/** What came of one step. */
export interface RecipeReport extends StepReport {
  /** Position in the recipe, from 0. */
  index: number;
  /** Score on the validation set after the step, if there is one. */
  validation?: { top1: number; loss: number };
}

/** News while a recipe runs. */
export type RecipeEvent = { index: number; step: StepName; of: number } & (
  | { kind: 'begin' }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'epoch'; log: EpochLog }
  | { kind: 'end'; report: RecipeReport }
);

export interface RecipeInputs {
  train: Dataset;
  /** Scored after each step; needed by early stopping. */
  validation?: Dataset;
  /** Needed by steps that distil. */
  teacher?: Graph;
  /** Needed by pruning with the criterion `given`: importance by parameter name, one number a weight. */
  scores?: ReadonlyMap<string, Float32Array>;
  /** Makes the backend of each step. Default: a new wasm backend. */
  backend?(): Backend | Promise<Backend>;
  onProgress?(event: RecipeEvent): void;
  /** Ends the recipe between two steps of a training, or of its own, with the signal's reason, after a checkpoint. */
  signal?: AbortSignal;
  /** As `fit`'s, for the recipe as a whole: also called after each of its steps. */
  checkpoint?: Checkpointing;
  /** Goes on from a checkpoint, bit for bit. Recipe, graph, data and teacher must be those it was made with. */
  resume?: Uint8Array;
}

/** A recipe that cannot be followed. `index` is the step, null if the recipe as a whole is wrong. */
export class RecipeError extends ParingError {
  readonly index: number | null;
  readonly option: string;
  constructor(index: number | null, step: string, { path, expected, got }: Problem) {
    const place = index === null ? 'recipe' : `recipe: step ${index} (${step})`;
    const found = typeof got === 'object' ? JSON.stringify(got) : typeof got === 'string' ? `'${got}'` : got;
    super('RECIPE', `${place}: ${path || 'value'}: expected ${expected}, got ${found}`);
    this.index = index;
    this.option = path;
  }
}

/** What recipes may need besides their graph. */
type Given = Pick<RecipeInputs, 'teacher' | 'validation' | 'scores'>;

const outline = fields({ name: text, seed: whole(0), steps: listOf(() => null) }, ['name', 'seed', 'steps']);
const stepOutline = fields({ step: oneOf(...Object.keys(steps)), options: () => null }, ['step']);

/**
 * Checks a recipe from anywhere (parsed JSON) against the graph it is for.
 * @param graph where the recipe starts: names of layers are looked up in it
 * @param given what `runRecipe` will have: a teacher, a validation set, scores
 * @returns the recipe, its missing options filled with {}
 * @throws RecipeError naming step, option, what was expected and what was found
 */
export function checkRecipe(recipe: unknown, graph: Graph, given: Given): Recipe {
  const refuse = (index: number | null, step: string, problem: Problem | null): void => {
    if (problem) throw new RecipeError(index, step, problem);
  };
  refuse(null, '', outline(recipe, ''));
  const { name, seed, steps: list } = recipe as { name: string; seed: number; steps: unknown[] };
  let quantized = graph.activations !== undefined;
  const checked = list.map((entry, index): RecipeStep => {
    const named = isRecord(entry) && typeof entry.step === 'string' ? entry.step : '?';
    refuse(index, named, stepOutline(entry, ''));
    const { step, options = {} } = entry as { step: StepName; options?: Record<string, unknown> };
    refuse(index, step, steps[step].options(graph)(options, ''));
    refuse(index, step, missingInput(step, options, given));
    if (step === 'quantize') {
      if (quantized)
        refuse(index, step, { path: 'step', expected: 'a graph in f32', got: 'a quantized one' });
      quantized = true;
    } else if (step === 'removeChannels' && quantized) {
      refuse(index, step, { path: 'step', expected: 'removeChannels before quantize', got: 'after it' });
    }
    return { step, options } as RecipeStep;
  });
  return { name, seed, steps: checked };
}

function missingInput(
  step: StepName,
  options: Record<string, unknown>,
  { teacher, validation, scores }: Given,
): Problem | null {
  if (options.criterion === 'given' && !scores) {
    return { path: 'criterion', expected: 'scores handed to runRecipe', got: 'none' };
  }
  if ((step === 'distill' || Object.hasOwn(options, 'teacher')) && !teacher) {
    return { path: 'teacher', expected: 'a teacher handed to runRecipe', got: 'none' };
  }
  if (Object.hasOwn(options, 'earlyStopping') && !validation) {
    return { path: 'earlyStopping', expected: 'a validation set handed to runRecipe', got: 'none' };
  }
  return null;
}

/** Where a recipe stands between two of its steps. */
interface RecipePosition {
  /** The step that comes next, or runs. */
  index: number;
  /** What it starts from. */
  graph: Graph;
  reports: RecipeReport[];
}

/**
 * Follows a recipe. The graph given is not changed; the one returned carries the steps in its lineage, after those it had.
 * @param recipe a `Recipe`, or parsed JSON that should be one
 * @throws ArgumentError for inputs unknown or of the wrong type, RecipeError before anything runs, CheckpointError if `resume` is damaged or another run's; afterwards what the steps
 *   throw, DivergenceError too if the validation loss after a step is not finite
 */
export async function runRecipe(
  graph: Graph,
  recipe: unknown,
  inputs: RecipeInputs,
): Promise<{ graph: Graph; reports: RecipeReport[] }> {
  obey('runRecipe', inputs, recipeInputsRule);
  inferShapes(graph);
  const checked = checkRecipe(recipe, graph, inputs);
  const weightOfNode = new Map(graph.nodes.map((node) => [node.name, node.params.weight]));
  const makeBackend = inputs.backend ?? (() => createBackend());
  let backendName: Backend['name'] | undefined;
  const saver = new RecipeCheckpoints(graph, checked, inputs);
  const { position, training } = saver.open();
  let resume = training;
  const answers = inputs.teacher && new TeacherAnswers(inputs.train);
  for (; position.index < checked.steps.length; position.index++) {
    const { index } = position;
    const { step, options } = checked.steps[index];
    if (inputs.signal?.aborted) {
      await saver.save(position);
      inputs.signal.throwIfAborted();
    }
    const at = { index, step, of: checked.steps.length };
    inputs.onProgress?.({ ...at, kind: 'begin' });
    // A backend of its own for each step: the memory of the one before is collected as a whole.
    const backend = await makeBackend();
    backendName = backend.name;
    const stepInputs: StepInputs = {
      train: inputs.train,
      validation: inputs.validation,
      teacher: inputs.teacher,
      answers,
      scores: inputs.scores,
      backend,
      seed: checked.seed,
      onProgress:
        inputs.onProgress && ((progress) => inputs.onProgress?.({ ...at, kind: 'progress', progress })),
      onEpoch: inputs.onProgress && ((log) => inputs.onProgress?.({ ...at, kind: 'epoch', log })),
      signal: inputs.signal,
      checkpoint: inputs.checkpoint && {
        every: inputs.checkpoint.every,
        save: (state) => saver.save(position, state),
      },
      resume,
    };
    resume = undefined;
    const { run } = steps[step] as StepDefinition<StepName>;
    const result = await run(position.graph, byWeight(options, weightOfNode) as never, stepInputs);
    const report: RecipeReport = { ...result.report, index };
    if (inputs.validation) {
      const { top1, loss } = await evaluate(result.graph, inputs.validation, { backend });
      if (!Number.isFinite(loss)) throw diverged(result, step);
      report.validation = { top1, loss };
    }
    position.graph = result.graph;
    position.reports.push(report);
    inputs.onProgress?.({ ...at, kind: 'end', report });
    await saver.save({ ...position, index: index + 1 });
  }
  return {
    graph: withLineage(position.graph, checked, inputs.train, backendName),
    reports: position.reports,
  };
}

/** The error for a validation loss that is not finite: parameters are, or it would not have compiled. */
function diverged({ graph, report }: StepResult, step: string): DivergenceError {
  const done = (report as Partial<TrainReport>).history?.at(-1)?.step ?? 0;
  return new DivergenceError(done, graph.outputs[0], `after ${step}, on validation, the value`);
}

/** Reads and writes checkpoints of one recipe. */
class RecipeCheckpoints {
  private readonly start: Graph;
  private readonly inputs: RecipeInputs;
  private readonly fingerprint: TreeFields;

  constructor(start: Graph, recipe: Recipe, inputs: RecipeInputs) {
    this.start = start;
    this.inputs = inputs;
    const { train, validation, teacher, scores } = inputs;
    this.fingerprint = {
      numerics: NUMERICS_VERSION,
      recipe: recipe as unknown as Tree,
      graph: graphFingerprint(start),
      train: dataFingerprint(train),
      validation: validation ? dataFingerprint(validation) : null,
      teacher: teacher ? graphFingerprint(teacher) : null,
      scores: scores ? crc32(pack(Object.fromEntries(scores))) : null,
    };
  }

  /** Where to begin, and the checkpoint of the training that was cut off, if one was. */
  open(): { position: RecipePosition; training?: Uint8Array } {
    const { resume } = this.inputs;
    if (!resume) return { position: { index: 0, graph: cloneGraph(this.start), reports: [] } };
    const state = openCheckpoint(resume, 'recipe', this.fingerprint);
    const { index, graph, reports, training } = state as unknown as Omit<RecipePosition, 'graph'> & {
      graph: Tree;
      training?: Uint8Array;
    };
    return { position: { index, graph: graphOfTree(graph), reports }, training };
  }

  /** @param training checkpoint of the training that the step at `index` is */
  async save({ index, graph, reports }: RecipePosition, training?: Uint8Array): Promise<void> {
    const { fingerprint, inputs } = this;
    if (!inputs.checkpoint) return;
    const state = { kind: 'recipe', fingerprint, index, graph: graphTree(graph), reports, training };
    await inputs.checkpoint.save(pack(state as unknown as Tree));
  }
}

/** Options with layers named by their weight: quantize folds nodes into others, whose names then change. */
function byWeight(options: object, weightOfNode: ReadonlyMap<string, string | undefined>): object {
  const weight = (layer: string): string => weightOfNode.get(layer) ?? layer;
  const renamed: Record<string, unknown> = { ...options };
  if (Array.isArray(renamed.layers)) renamed.layers = renamed.layers.map(weight);
  for (const key of ['k', 'sparsity']) {
    const value = renamed[key];
    if (isRecord(value)) {
      renamed[key] = Object.fromEntries(Object.entries(value).map(([layer, v]) => [weight(layer), v]));
    }
  }
  return renamed;
}

/**
 * The graph with the recipe's steps added to where it comes from; and with what its input and classes mean, where nobody
 * has said so, since those of the data are what it was trained on.
 */
function withLineage(graph: Graph, recipe: Recipe, train: Dataset, backend?: Backend['name']): Graph {
  const before = graph.meta.lineage;
  const added = recipe.steps.map(({ step, options }): LineageStep => ({ step, options: { ...options } }));
  const lineage: Lineage = {
    tool: `paring ${VERSION}`,
    numerics: backend === 'fast' ? 0 : NUMERICS_VERSION,
    seed: recipe.seed,
    data: train.sha256 ?? before?.data,
    steps: [...(before?.steps ?? []), ...added],
  };
  return { ...graph, meta: { input: train.meaning, classes: train.classes, ...graph.meta, lineage } };
}
