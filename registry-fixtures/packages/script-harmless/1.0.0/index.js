module.exports = { name: 'script-harmless', version: '1.0.0' };
