# What `wrangler deploy` would set up, for workerd itself: workerd serve config.capnp
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")],
);

const main :Workerd.Worker = (
  modules = [
    (name = "worker.mjs", esModule = embed "../build/worker/bundle.mjs"),
    (name = "model.wasm", wasm = embed "../build/worker/model.wasm"),
  ],
  compatibilityDate = "2026-11-01",
);
