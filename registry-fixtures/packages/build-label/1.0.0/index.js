module.exports = { name: 'build-label', version: '1.0.0' };
