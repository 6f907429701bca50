'use strict';

// It forgot to say that it needs letter-case: a flat layout forgives that, a strict one does not.
module.exports = require('letter-case');
