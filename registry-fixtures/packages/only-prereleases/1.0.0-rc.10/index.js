module.exports = { name: 'only-prereleases', version: '1.0.0-rc.10' };
