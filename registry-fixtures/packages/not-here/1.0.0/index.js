module.exports = { name: 'not-here', version: '1.0.0' };
