module.exports = { name: 'half-deprecated', version: '1.0.0' };
