/**
 * Asking the daemon: questions and changes under `/api/v1`.
 *
 * A change carries a header that browsers send to their own site only; without it the daemon takes none.
 */

import { has, t } from './i18n.js';

const API = '/api/v1/';

/** What the daemon refuses, with the key of the text that says why and its own sentence. */
export class Refusal extends Error {
  /**
   * @param {number} status
   * @param {string} key
   * @param {string} sentence
   */
  constructor(status, key, sentence) {
    super(sentence);
    this.status = status;
    this.key = key;
  }

  /** Why, in the language of the page where there is a text for it. */
  get text() {
    return has(this.key) ? t(this.key) : this.message;
  }
}

/**
 * The answer to a question.
 *
 * @param {string} path Below `/api/v1/`.
 * @returns {Promise<any>}
 */
export const ask = (path) => send('GET', path);

/**
 * Change something; what came of it.
 *
 * @param {'POST' | 'PUT' | 'DELETE'} method
 * @param {string} path Below `/api/v1/`.
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export const change = (method, path, body) => send(method, path, body ?? {});

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
const send = async (method, path, body) => {
  /** @type {RequestInit} */
  const request = { method, credentials: 'same-origin', cache: 'no-store' };
  if (body !== undefined) {
    request.headers = { 'X-Reverie': 'page', 'Content-Type': 'application/json' };
    request.body = JSON.stringify(body);
  }
  let answer;
  let told;
  try {
    answer = await fetch(API + path, request);
    told = await answer.json();
  } catch {
    if (answer?.ok) return null;
    throw new Refusal(answer?.status ?? 0, 'refused.unreachable', `no answer to ${method} ${path}`);
  }
  if (!answer.ok) throw new Refusal(answer.status, told.key ?? told.says?.key ?? '', told.said ?? '');
  return told;
};
