
// Bundlers look for this call to find the state. The map itself takes the text, and parses what it needs of it.
function $$SETUP_STATE(hydrateRuntimeState, basePath) {
  return hydrateRuntimeState(JSON.parse(RAW_RUNTIME_STATE), { basePath: basePath || __dirname });
}

(function runMap(definitions) {
  const loaded = new Map();
  function load(name) {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const own = { exports: {} };
    loaded.set(name, own);
    const requireFrom = (request) => (request.startsWith('./') ? load(request.slice(2)) : require(request));
    definitions[name](own, own.exports, requireFrom);
    return own.exports;
  }
  const beside = () => require('fs').readFileSync(require('path').join(__dirname, '.pnp.data.json'), 'utf8');
  load('entry.cjs').start(module, RAW_RUNTIME_STATE === null ? beside() : RAW_RUNTIME_STATE, __filename);
})({
@MODULES@
});
