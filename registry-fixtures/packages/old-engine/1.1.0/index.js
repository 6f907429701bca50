module.exports = { name: 'old-engine', version: '1.1.0' };
