
function $$SETUP_STATE(hydrateRuntimeState, basePath) {
  const beside = () => require('fs').readFileSync(require('path').join(__dirname, '.pnp.data.json'), 'utf8');
  const data = RAW_RUNTIME_STATE === null ? beside() : RAW_RUNTIME_STATE;
  return hydrateRuntimeState(JSON.parse(data), { basePath: basePath || __dirname });
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
  load('entry.cjs').start(module, $$SETUP_STATE, __filename);
})({
@MODULES@
});
