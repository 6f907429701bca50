'use strict';

const tests = [];

exports.test = (name, body) => tests.push({ name, body });

exports.run = async () => {
  let failures = 0;
  for (const { name, body } of tests) {
    try {
      await body();
      console.log(`ok ${name}`);
    } catch (error) {
      failures += 1;
      console.log(`not ok ${name}: ${error.message}`);
    }
  }
  return failures;
};
