'use strict';

const LIMIT = 1024 * 1024;

/** Reads the body of a request as JSON; an empty one is `undefined`. */
async function json(request) {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > LIMIT) throw Object.assign(new Error('the body is too large'), { status: 413 });
  }
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw Object.assign(new Error('the body is no JSON'), { status: 400 });
  }
}

module.exports = { json };
