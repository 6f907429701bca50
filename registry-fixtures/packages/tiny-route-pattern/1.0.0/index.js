'use strict';

/** Makes a function that returns the parameters of a path such as `/users/:id`, or `undefined`. */
function pattern(text) {
  const wanted = text.split('/');
  return (path) => {
    const parts = path.split('/');
    if (parts.length !== wanted.length) return undefined;
    const parameters = {};
    for (const [index, part] of wanted.entries()) {
      if (part.startsWith(':')) parameters[part.slice(1)] = decodeURIComponent(parts[index]);
      else if (part !== parts[index]) return undefined;
    }
    return parameters;
  };
}

module.exports = pattern;
