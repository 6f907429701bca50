
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
