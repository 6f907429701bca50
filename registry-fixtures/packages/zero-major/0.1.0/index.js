module.exports = { name: 'zero-major', version: '0.1.0' };
