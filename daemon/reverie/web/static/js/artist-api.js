/**
 * Asking the artist's interface. Whatever changes something carries the header that only our own pages can send.
 */

/**
 * @typedef {{status: number, body: any}} Answer The body is `{}` where there was none that could be read.
 */

/**
 * @param {string} address
 * @param {{method?: string, body?: unknown, headers?: Record<string, string>}} [options]
 * @returns {Promise<Answer>} With status 0 where nobody answers.
 */
export const ask = async (address, { method = 'GET', body, headers = {} } = {}) => {
  const changes = method !== 'GET';
  try {
    const answer = await fetch(address, {
      method,
      headers: {
        ...headers,
        ...(changes ? { 'X-Reverie': 'page' } : {}),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: await answer.json().catch(() => ({})) };
  } catch {
    return { status: 0, body: {} };
  }
};

/**
 * Have something done by the control console.
 *
 * @param {{action: string, voice?: string, value?: unknown, over?: number, weight?: number}} wanted
 * @returns {Promise<Answer>}
 */
export const act = (wanted) => ask('/api/v1/artist/do', { method: 'POST', body: wanted });
