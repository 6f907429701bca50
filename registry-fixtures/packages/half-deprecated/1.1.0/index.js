module.exports = { name: 'half-deprecated', version: '1.1.0' };
