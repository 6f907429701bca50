module.exports = { name: 'script-fails', version: '1.0.0' };
