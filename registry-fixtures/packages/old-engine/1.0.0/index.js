module.exports = { name: 'old-engine', version: '1.0.0' };
