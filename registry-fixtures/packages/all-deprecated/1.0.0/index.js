module.exports = { name: 'all-deprecated', version: '1.0.0' };
