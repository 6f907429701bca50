module.exports = { name: 'old-engine', version: '2.0.0' };
