'use strict';

module.exports = ['greet', 'colour-print', 'number-chart', 'chain-1', 'ring-a', '@fixture/text'].map((name) => typeof require(name));
