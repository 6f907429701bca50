'use strict';

/** Joins steps `(context, next)` to one function; each decides whether the next one runs. */
function compose(steps) {
  return (context) => {
    const run = (index) => async () => {
      const step = steps[index];
      return step ? step(context, run(index + 1)) : undefined;
    };
    return run(0)();
  };
}

module.exports = compose;
