module.exports = { name: 'peer-impossible', version: '1.0.0' };
