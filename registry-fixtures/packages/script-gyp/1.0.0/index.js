module.exports = { name: 'script-gyp', version: '1.0.0' };
