module.exports = { name: 'all-deprecated', version: '1.1.0' };
