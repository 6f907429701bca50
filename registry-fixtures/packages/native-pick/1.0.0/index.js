'use strict';

const report = process.report && process.report.getReport();
const isGlibc = Boolean(report && report.header.glibcVersionRuntime);
const libc = process.platform === 'linux' ? (isGlibc ? '-gnu' : '-musl') : '';

module.exports = require(`@fixture/native-${process.platform}-${process.arch}${libc}`);
