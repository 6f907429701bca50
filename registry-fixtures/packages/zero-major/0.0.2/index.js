module.exports = { name: 'zero-major', version: '0.0.2' };
