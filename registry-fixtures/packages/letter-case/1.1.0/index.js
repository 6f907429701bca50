'use strict';

function upperFirst(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function kebab(text) {
  return text.replace(/([a-z])([A-Z])/g, '$1-$2').toLowerCase();
}

module.exports = { upperFirst, kebab };
