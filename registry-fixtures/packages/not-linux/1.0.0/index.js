module.exports = { name: 'not-linux', version: '1.0.0' };
