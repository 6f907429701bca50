'use strict';

const colours = {"red": "#cc0000", "green": "#00aa44", "blue": "#0044cc", "orange": "#ee8800"};

function colour(name) {
  return colours[name];
}

module.exports = { colour, names: Object.keys(colours) };
