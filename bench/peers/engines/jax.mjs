// jax-js on its WebAssembly backend: the graph as one jitted function. Arrays are owned by who reads them last, so that
// what is kept is handed on as `.ref`.

export async function start() {
  const jax = await import('@jax-js/jax');
  await jax.init('wasm');
  jax.defaultDevice('wasm');
  const { numpy: np } = jax;
  const tensor = (values, shape) => np.array(values).reshape(shape);
  return {
    async load(work, files) {
      const model = files.plain();
      const params = parameters(model, tensor);
      const x = tensor(files.input, work.inputShape);
      if (work.kind === 'train') return training(jax, work, model, params, x);
      const forward = jax.jit((p, input) => evaluate(jax, model, p, input));
      let out;
      return {
        run: async () => {
          out?.dispose();
          out = forward(jax.tree.ref(params), x.ref);
          await jax.blockUntilReady(out.ref);
        },
        read: () => out.ref.data(),
      };
    },
  };
}

function parameters(model, tensor) {
  const params = {};
  for (const node of model.nodes)
    for (const [role, p] of Object.entries(node.params))
      params[`${node.name}/${role}`] = tensor(model.values(p), p.shape);
  return params;
}

/** The graph's output. Consumes the parameters and x. */
function evaluate({ lax, nn, numpy: np }, model, params, x) {
  const values = { [model.input]: x };
  const readers = {};
  for (const node of model.nodes) for (const input of node.inputs) readers[input] = (readers[input] ?? 0) + 1;
  const take = (name) => {
    readers[name] -= 1;
    return readers[name] > 0 ? values[name].ref : values[name];
  };
  for (const { name, op, inputs, attrs, params: roles } of model.nodes) {
    const [a, b] = inputs.map(take);
    const weight = params[`${name}/weight`];
    const bias = params[`${name}/bias`];
    let y;
    if (op === 'conv2d') {
      const [top, left, bottom, right] = attrs.padding;
      const padding = [
        [top, bottom],
        [left, right],
      ];
      y = lax.convGeneralDilated(a, weight, [...attrs.stride], padding, { featureGroupCount: attrs.groups });
      if (roles.bias) y = y.add(bias.reshape([1, -1, 1, 1]));
    } else if (op === 'linear') {
      y = np.matmul(a, weight.transpose());
      if (roles.bias) y = y.add(bias);
    } else if (op === 'maxPool') {
      y = lax.reduceWindow(a, np.max, [1, 1, ...attrs.kernel], [1, 1, ...attrs.stride]);
    } else if (op === 'globalAvgPool') y = np.mean(a, [2, 3]);
    else if (op === 'flatten') y = a.reshape([model.shapes[name][0], -1]);
    else if (op === 'add') y = a.add(b);
    else throw new Error(`jax: no translation of ${op}`);
    values[name] = attrs.activation === 'relu' ? nn.relu(y) : y;
  }
  return values[model.output];
}

function training(jax, work, model, params, x) {
  const { nn, numpy: np, tree, valueAndGrad, jit } = jax;
  const labels = np.array(
    Array.from({ length: work.batch }, (_, i) => i % 10),
    { dtype: np.int32 },
  );
  const target = nn.oneHot(labels, 10);
  const loss = (p, input, t) =>
    nn
      .logSoftmax(evaluate(jax, model, p, input))
      .mul(t)
      .sum()
      .mul(-1 / work.batch);
  const step = jit((p, v, input, t) => {
    const [value, grads] = valueAndGrad(loss)(tree.ref(p), input, t);
    const velocity = tree.map((a, g) => a.mul(work.momentum).add(g), v, grads);
    const next = tree.map((w, a) => w.sub(a.mul(work.learningRate)), p, tree.ref(velocity));
    return [value, next, velocity];
  });
  let current = params;
  let velocity = tree.map((p) => np.zerosLike(p.ref), params);
  let value;
  return {
    run: async () => {
      let result;
      [result, current, velocity] = step(current, velocity, x.ref, target.ref);
      await jax.blockUntilReady(tree.ref(current));
      value = (await result.data())[0];
    },
    read: () => Float32Array.of(value),
  };
}
