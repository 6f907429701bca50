'use strict';

exports.self = () => require('ring-self') === exports;
